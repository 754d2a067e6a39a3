"""A real server and a real browser, for tests and benchmarks."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-unsafe-swiftshader",
]
START_S = 60.0


@contextmanager
def serve(runs: Path, **environment: str) -> Iterator[str]:
    """Run the app as the README says, on a free loopback port; yield its address.

    Args:
        runs: folder for its runs.
        environment: more variables, such as VAELAB_DATA.
    """
    port = free_port()
    with (runs / "server.log").open("w") as log:
        server = subprocess.Popen(
            command(port),
            cwd=ROOT,
            env=os.environ | {"VAELAB_RUNS": str(runs), "VAELAB_MAX_EPOCHS": "1000"} | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            wait_until_healthy(port, server)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(timeout=20)


def free_port() -> int:
    """A loopback port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(port: int) -> list[str]:
    """What starts the app."""
    return [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]


def wait_until_healthy(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; fail when it ends instead."""
    url = f"http://127.0.0.1:{port}/_stcore/health"
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended at once; see server.log"
        try:
            with urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"the server did not answer at {url} within {START_S} s")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def chromium_version() -> str:
    """What the machine's Chromium calls itself: "156.0.8078.73"."""
    said = subprocess.run([str(CHROMIUM), "--version"], capture_output=True, text=True, check=True)
    return said.stdout.split()[1]


def settle(page: Page) -> None:
    """Wait until the page is connected and its script has run."""
    page.wait_for_selector("[data-testid=stApp][data-test-connection-state=CONNECTED]")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def until(page: Page, check: Callable[[], None], seconds: float = 20.0) -> None:
    """Repeat a check until it passes: the page draws what a click asked for in its own time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            check()
            return
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            page.wait_for_timeout(100)
