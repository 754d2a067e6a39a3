"""The server's side of sharing: codes, files, and uploads that may be hostile."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ui import cache, take_away
from ui.api import ROUTES
from ui.owner import COOKIE, hash_of
from vae_core import catalogue, default_config, runs
from vae_core.errors import NotExportableError, VAELabError
from vae_core.parcel import MAX_BYTES, pack
from vae_core.record import RunRecord, read_record, write_record

TOKEN = "t" * 43
OWN = {"cookie": f"{COOKIE}={TOKEN}"}


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


def test_an_upload_belongs_to_the_browser_that_brings_it(client: TestClient, bundled: Path) -> None:
    client.post("/api/checkpoints", content=pack(bundled / "digits-2d"), headers=OWN)
    assert [record.owner for record in runs.saved()] == [hash_of(TOKEN)]


@pytest.mark.parametrize("cookie", ["", f"{COOKIE}=", f"{COOKIE}=short", f"{COOKIE}={'x' * 44}"])
def test_an_upload_of_nobody_s_is_refused(client: TestClient, bundled: Path, cookie: str) -> None:
    content = pack(bundled / "digits-2d")
    answer = client.post("/api/checkpoints", content=content, headers={"cookie": cookie})
    assert (answer.status_code, "Open a page" in answer.json()["error"]) == (403, True)
    assert runs.saved() == []


@pytest.mark.parametrize(
    ("name", "value", "status", "said"),
    [
        ("VAELAB_MAX_UPLOAD_MB", "1", 413, "larger than 1 MiB"),
        ("VAELAB_MAX_PARAMETERS", "1000", 400, "and 1,000 are allowed here"),
        ("VAELAB_MAX_DISK_MB", "10", 400, "of the 10 MiB that one person may have"),
    ],
)
def test_an_upload_keeps_to_the_limits_of_the_server(
    client: TestClient,
    bundled: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    status: int,
    said: str,
) -> None:
    monkeypatch.setenv(name, value)
    run = runs.create(default_config("digits"), owner=hash_of(TOKEN))
    with (run.folder / "large").open("wb") as file:
        file.truncate(10 * 2**20)
    content = pack(bundled / "mnist-2d")
    answer = client.post("/api/checkpoints", content=content, headers=OWN)
    assert (answer.status_code, said in answer.json()["error"]) == (status, True)
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


HOSTILE = "</script></style></title><img src=x onerror=alert(1)><script>alert(1)</script>"


def put(record: RunRecord, path: tuple[Any, ...], value: str) -> dict[str, Any]:
    """The record as JSON with one text replaced."""
    whole = record.model_dump(mode="json")
    part: Any = whole
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return whole


def texts(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is text in a record, or may be, by its path."""
    inside = part.items() if isinstance(part, dict) else enumerate(part)
    for name, value in inside:
        if isinstance(value, dict | list):
            yield from texts(value, (*path, name))
        elif value is None or isinstance(value, str):
            yield *path, name


def with_hostile_texts(record: RunRecord) -> tuple[RunRecord, set[str]]:
    """Every text replaced that a record may hold and still be one; and which those are."""
    replaced = set()
    for path in list(texts(record.model_dump(mode="json"))):
        if "conditions" in path:
            continue  # the model is built by their names
        with suppress(VAELabError):
            record = RunRecord.parse(put(record, path, HOSTILE))
            replaced.add(".".join(map(str, path)))
    return record.evolve(versions=record.versions | {HOSTILE: HOSTILE}), replaced


class Elements(HTMLParser):
    """The elements of a page, in their order, with what each is given but for their texts."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [name for name, _ in attrs]))


def test_no_text_of_a_record_gets_out_of_its_place_in_the_page(bundled: Path) -> None:
    folder = runs.runs_root() / ("a" * 24)
    shutil.copytree(bundled / "digits-cvae-2d", folder)
    record, replaced = with_hostile_texts(read_record(folder))
    assert {"name", "created_at", "config.init_from", "spec.item", "spec.class_names.3"} <= replaced
    assert not {"summary.split", "config.dataset", "status"} & replaced
    told_plainly = record.evolve(
        **{
            name: json.loads(json.dumps(value).replace(HOSTILE, "plain"))
            for name, value in record.model_dump(mode="json").items()
        }
    )
    pages = []
    for one in (record, told_plainly):
        write_record(folder, one)
        pages.append(take_away.page(cache.choice_of(folder.name)).decode())
    hostile, plain = pages
    assert "alert(1)" in hostile
    assert "alert(1)" not in plain
    assert Elements(hostile).found == Elements(plain).found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": "stopped", "num_done": 30}, "Not trained to its end: stopped at step 30 of"),
        ({"started_from": "base"}, "weights of base, which are not on this computer"),
    ],
)
def test_the_page_names_no_recipe_for_what_that_would_not_make(
    bundled: Path, changes: dict[str, Any], said: str
) -> None:
    folder = runs.runs_root() / ("a" * 24)
    shutil.copytree(bundled / "digits-2d", folder)
    assert "--recipe digits-2d" in take_away.page(cache.choice_of(folder.name)).decode()
    write_record(folder, read_record(folder).evolve(**changes))
    content = take_away.page(cache.choice_of(folder.name)).decode()
    assert said in content
    assert "--recipe" not in content


def test_only_the_page_s_own_scripts_may_run(bundled: Path) -> None:
    content = take_away.page(cache.choice_of("digits-2d")).decode()
    policy = re.search('Policy" content="([^"]*)"', content).group(1)
    (allowed,) = re.findall("script-src ([^;]*);", policy)
    nonce = re.fullmatch("'nonce-([A-Za-z0-9+/=]{44})'", allowed).group(1)
    kinds = re.findall(r'<script type="([a-z/]+)"( nonce="[^"]*")?', content)
    mine = f' nonce="{nonce}"'
    assert [(kind, said == mine) for kind, said in kinds] == [
        ("application/json", False), ("importmap", True), ("module", True)
    ]  # fmt: skip
    other = take_away.page(cache.choice_of("digits-ae-2d")).decode()
    assert nonce not in other


def test_a_name_cannot_get_out_of_the_page(client: TestClient, bundled: Path) -> None:
    client.post("/api/checkpoints", content=pack(bundled / "digits-2d"), headers=OWN)
    (record,) = runs.saved()
    runs.open_run(record.id).update(name="</script><script>alert(1)</script>")
    content = get(client, record.id, "take-away.html").text
    assert "alert(1)" in content
    assert "<script>alert" not in content
