"""Asks the server something hostile, and looks at what every answer has to be."""

from typing import Any

import httpx2
from starlette.testclient import TestClient

from tests.hostile.watching import ROOT, case
from tests.pages.guarding import OWN
from ui.owner import COOKIE
from vae_core import runs

OWNED = OWN | {"cookie": f"{COOKIE}={'t' * 43}"}
MAX_ERROR = 1_000  # letters of what is said of an error
INSIDE = ("Traceback", 'File "', "root:x:0", "Middleware(Guard)", str(ROOT))


def ask(client: TestClient, method: str, path: str, **more: Any) -> httpx2.Response:
    """Ask as a page of this server does, unless other headers are given."""
    headers = more.pop("headers", OWNED)
    with case():
        answer = client.request(method, path, headers=headers, **more)
    look_at(answer)
    return answer


def look_at(answer: httpx2.Response) -> None:
    """No fault, nothing of the inside; an error is said in a few words, as JSON under /api/."""
    assert answer.status_code < 500, answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    if answer.status_code < 400 or answer.request.method == "HEAD":
        return
    assert len(answer.text) < MAX_ERROR
    for inside in (*INSIDE, str(runs.runs_root())):
        assert inside not in answer.text
    is_of_another_name = "VAELAB_ALLOWED_HOSTS" in answer.text  # told whoever set it up, as text
    if answer.request.url.path.startswith("/api/") and not is_of_another_name:
        (said,) = answer.json().items()
        assert said[0] == "error"
        assert isinstance(said[1], str)
        assert said[1]


def refused(answer: httpx2.Response, *statuses: int) -> None:
    """It was refused, with one of some statuses, by default any 4xx."""
    is_right = answer.status_code in (statuses or range(400, 500))
    assert is_right, (answer.request.method, str(answer.request.url)[:200], answer.status_code)
