"""Everyone who is measured: one module each, run as a child process that answers requests.

A contestant prints one JSON object per request (see `serving`); it stays alive between requests,
so imports, compilation and first touches are paid once and never inside a measurement.
"""
