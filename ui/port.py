"""`python -m ui.port 8501`: say what to do when a port is taken, before the server starts."""

import socket
import sys


def main(port: int) -> str | None:
    """Return an error for people when something listens on the port already, else None."""
    with socket.socket() as probe:
        if probe.connect_ex(("localhost", port)) != 0:
            return None
    return (
        f"Port {port} is in use, perhaps by VAE Lab itself: look at http://localhost:{port}, or "
        f"choose another port with 'make app PORT={port + 1}'."
    )


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
