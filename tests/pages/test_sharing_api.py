"""The server's side of sharing: codes, files, and uploads that may be hostile."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import cache, take_away
from ui.api import ROUTES
from vae_core import catalogue, runs
from vae_core.errors import NotExportableError
from vae_core.parcel import MAX_BYTES, pack

OWN = {"origin": "http://testserver"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=ROUTES)) as asking:
        yield asking
    st.cache_resource.clear()


def get(client: TestClient, model: str, what: str) -> Any:
    key = cache.key_of(model)
    assert key is not None
    return client.get(f"/api/models/{model}/{key[1]}/{what}")


def test_an_address_becomes_a_code_in_black_on_white(client: TestClient) -> None:
    answer = client.get("/api/qr.svg", params={"text": "http://lab.example:8501/?model=a&pick=7"})
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "#fff" in answer.text
    other = client.get("/api/qr.svg", params={"text": "http://lab.example:8501/?model=a&pick=8"})
    assert answer.text != other.text


@pytest.mark.parametrize("text", ["", "x" * 50, "javascript:alert(1)", "http://a/" + "x" * 1_200])
def test_anything_else_becomes_none(client: TestClient, text: str) -> None:
    answer = client.get("/api/qr.svg", params={"text": text})
    assert (answer.status_code, "address" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("what", ["take-away.html", "checkpoint.safetensors", "notebook.ipynb"])
def test_files_are_handed_out_under_the_model_s_name(client: TestClient, what: str) -> None:
    answer = get(client, "digits-2d", what)
    ending = what.split(".")[1]
    assert answer.headers["content-disposition"] == f'attachment; filename="digits-2d.{ending}"'
    assert client.get(f"/api/models/digits-2d/1/{what}").status_code == 404


def test_what_a_browser_cannot_run_says_so(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> bytes:
        raise NotExportableError("5,000,000 weights received; a page takes at most 4,000,000.")

    monkeypatch.setattr(take_away, "export_decoder", refuse)
    answer = get(client, "digits-2d", "take-away.html")
    assert (answer.status_code, answer.json()["error"][:9]) == (400, "5,000,000")


def test_an_uploaded_checkpoint_becomes_a_saved_run(client: TestClient, bundled: Path) -> None:
    answer = client.post("/api/checkpoints", content=pack(bundled / "digits-2d"), headers=OWN)
    assert answer.json() == {"title": "digits-2d 2"}
    assert [record.name for record in runs.saved()] == ["digits-2d 2"]


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}, {"origin": "null"}])
def test_another_site_may_not_upload(
    client: TestClient, bundled: Path, headers: dict[str, str]
) -> None:
    content = pack(bundled / "digits-2d")
    answer = client.post("/api/checkpoints", content=content, headers=headers)
    assert answer.status_code == 403
    assert runs.saved() == []


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [(b"nothing", 400, "is no checkpoint"), (bytes(MAX_BYTES + 1), 413, "larger than 64 MiB")],
)
def test_what_is_no_checkpoint_is_refused(
    client: TestClient, content: bytes, status: int, said: str
) -> None:
    answer = client.post("/api/checkpoints", content=content, headers=OWN)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)
    assert runs.saved() == []


def test_the_page_that_is_taken_away_asks_for_nothing(bundled: Path) -> None:
    for record in catalogue.bundled():
        content = take_away.page(cache.choice_of(record.id)).decode()
        assert len(content) < 4_000_000
        addresses = set(re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(\w+:)", content))
        assert addresses <= {"data:"}
        assert "default-src 'none'" in content
        assert f"--recipe {record.id}<" in content


def test_a_name_cannot_get_out_of_the_page(client: TestClient, bundled: Path) -> None:
    client.post("/api/checkpoints", content=pack(bundled / "digits-2d"), headers=OWN)
    (record,) = runs.saved()
    runs.open_run(record.id).update(name="</script><script>alert(1)</script>")
    content = get(client, record.id, "take-away.html").text
    assert "alert(1)" in content
    assert "<script>alert" not in content
