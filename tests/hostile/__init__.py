"""What nobody means well with: files, requests and addresses, tried by the thousand.

Each input is one case of `watching.case`, which counts it and looks at what is done to the disk.
"""
