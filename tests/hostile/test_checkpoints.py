"""Checkpoints that people bring: refused in words and without a trace, or good for every page."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load
from starlette.testclient import TestClient

from tests.hostile import checkpoints, pages
from tests.hostile.asking import MAX_ERROR, ask
from tests.hostile.checkpoints import whole, with_record, with_tensors
from tests.hostile.watching import ROOT, case
from ui import cache, take_away
from vae_core import runs
from vae_core.bill import bill
from vae_core.checkpoints import load_checkpoint
from vae_core.errors import CheckpointError, InvalidInputError, NotExportableError
from vae_core.parcel import check_header, pack, unpack
from vae_core.runs import Run

some = settings(derandomize=True, max_examples=100, deadline=None, database=None)
GOOD = whole()
RECORD = json.loads(checkpoints.parts(GOOD)[0]["__metadata__"]["record"])


def brought(content: bytes) -> Run | None:
    """The run that a file becomes; None where it is refused, and has left nothing."""
    before = set(runs.runs_root().iterdir())
    run, said = None, ""
    with case():
        try:
            run = unpack(content, owner="o" * 64, max_parameters=5_000_000)
        except CheckpointError as error:
            said = str(error)
    new = set(runs.runs_root().iterdir()) - before
    if run is not None:
        assert new == {run.folder}
        return run
    assert "Choose a file that this program wrote" in said
    assert len(said) < MAX_ERROR
    assert str(runs.runs_root()) not in said
    assert not new
    return None


def is_refused(content: bytes) -> bool:
    return brought(content) is None


def works(run: Run) -> None:
    """What was taken can be read, shown in a page of its own, and packed again."""
    with case():
        assert run.record().owner == "o" * 64
        with suppress(NotExportableError):  # weights may be larger than a page's numbers
            assert take_away.page(cache.choice_of(run.id))
        check_header(pack(run.folder))


@pytest.mark.parametrize("kind", ["headers", "entries", "tensors"])
def test_what_is_not_quite_a_checkpoint_is_refused(kind: str) -> None:
    for name, content in getattr(checkpoints, kind)(GOOD).items():
        run = brought(content)
        assert run is None or may_be_taken(name), name
        if run is not None:
            works(run)


def may_be_taken(name: str) -> bool:
    """Whether a file fits together all the same: numbers may be large where nobody adds them up."""
    return name.endswith(", vast") or name == "latents/index, large"


def test_a_description_is_refused_or_works_whatever_stands_in_it() -> None:
    taken = []
    for path in checkpoints.places(RECORD):
        for value in checkpoints.VALUES:
            run = brought(with_record(GOOD, path, value))
            if run is not None:
                taken.append(run)
    assert len(taken) > 50  # names, dates and counts may be anything
    for run in taken[::5]:
        works(run)


@some
@given(
    wrong=st.lists(
        st.tuples(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=3)),
        min_size=1,
        max_size=3,
    )
)
def test_a_file_with_wrong_bytes_is_refused_or_works(wrong: list[tuple[int, bytes]]) -> None:
    content = bytearray(GOOD)
    for place, other in wrong:
        content[place : place + len(other)] = other
    run = brought(bytes(content)[: len(GOOD)])
    if run is not None:
        works(run)


@some
@given(
    place=st.integers(0, len(GOOD) - len(checkpoints.parts(GOOD)[1])), other=st.binary(max_size=12)
)
def test_a_header_with_wrong_bytes_is_refused_or_works(place: int, other: bytes) -> None:
    run = brought(GOOD[:place] + other + GOOD[place + len(other) :])
    if run is not None:
        works(run)


@some
@given(length=st.integers(0, len(GOOD) - 1), behind=st.binary(max_size=9))
def test_a_file_that_is_cut_is_refused(length: int, behind: bytes) -> None:
    assert is_refused(GOOD[:length] + behind[: len(GOOD) - length - 1])


def extreme() -> dict[str, bytes]:
    """Files that fit together, and say what no training would."""
    deep, flat, told = whole("digits-denoise-16d"), whole("digits-ae-2d"), whole("digits-cvae-2d")

    def filled(content: bytes, begins: str, number: float) -> bytes:
        return with_tensors(
            content,
            {
                name: torch.full(value.shape, number)
                for name, value in load(content).items()
                if name.startswith(begins) and value.is_floating_point()
            },
        )

    def few(content: bytes) -> bytes:
        return with_tensors(
            content, {n: v[:2] for n, v in load(content).items() if n.startswith("latents/")}
        )

    far = [[-1e6] * 3 + [0.0] + [1e6] * 3] * 2
    beyond = {
        ("name",): "\u202e:red[x]<b>`$|~[a](http://b)",
        ("kl_per_dim",): [1e308, -1e308],
        ("error_quantiles",): [-1e308] * 3 + [1e308] * 4,
        ("num_done",): 10**40,
        ("elapsed_s",): -1e308,
        ("summary", "elbo_nats"): 1e308,
    }
    described = GOOD
    for path, value in beyond.items():
        described = with_record(described, path, value)
    return {
        "all in one place": filled(GOOD, "latents/mean", 0.0),
        "as far as may be": filled(deep, "latents/mean", -1e6),
        "vast spreads": filled(GOOD, "latents/logvar", 3e38),
        "no weights": filled(told, "model/", 0.0),
        "two pictures": few(GOOD),
        "two pictures, far sliders": with_record(few(flat), ("latent_quantiles",), far),
        "a description beyond all": described,
    }


EXTREME = extreme()


@pytest.mark.parametrize("name", EXTREME)
def test_what_is_taken_breaks_no_page_and_no_route(client: TestClient, name: str) -> None:
    run = brought(EXTREME[name])
    assert run is not None
    works(run)
    choice = cache.choice_of(run.id)
    there = f"/api/models/{run.id}/{choice.key[1]}"
    for what in ("latents", "decoder", "notebook.ipynb", "readable.png?limit=3", "pictures/0.png"):
        ask(client, "GET", f"{there}/{what}")
    z = [[0.5] * choice.record.config.model.latent_dim]
    for what, rows in (("decode", z), ("nearest", z), ("encode", [[0.5] * 64])):
        ask(client, "POST", f"{there}/{what}", json={"z": rows})
    asked = {"model": run.id, "kind": "gaussian", "level": 0.5, "methods": [f"one-pass:{run.id}"]}
    ask(client, "POST", "/api/restore", json=asked)
    for page in pages.PAGES:
        pages.opened(page, model=choice.title, run=run.id, maths="true")


def vast() -> dict[str, bytes]:
    """Files of finite numbers that no page could show."""
    deep = whole("digits-denoise-16d")
    codes = load(deep)["latents/mean"].float().sign()
    weights = {n: v for n, v in load(GOOD).items() if n.startswith("model/")}
    latents = {n: v for n, v in load(GOOD).items() if n.startswith("latents/")}
    far = {"name": "far", "vector": [1e200, 0.5], "num_a": 1, "num_b": 1}
    header, block = checkpoints.parts(GOOD)
    header["__metadata__"]["directions"] = json.dumps([far])
    quantiles = [[-1e308] * 3 + [0.0] + [1e308] * 3] * 2
    return {
        "latent numbers of 1e+20": with_tensors(deep, {"latents/mean": codes * 1e20}),
        "latent numbers of 3e+38": with_tensors(deep, {"latents/mean": codes * 3e38}),
        "latent numbers of 1e+200": checkpoints.joined(header, block),
        "latent numbers of 1e+308": with_record(
            whole("digits-ae-2d"), ("latent_quantiles",), quantiles
        ),
        "numbers that are not finite": with_tensors(
            GOOD, {n: torch.full(v.shape, 3e38) for n, v in weights.items()}
        ),
        "latents of 10,782 pictures": with_tensors(
            GOOD, {n: v.repeat(6, *[1] * (v.ndim - 1)) for n, v in latents.items()}
        ),
    }


@pytest.mark.parametrize("said", VAST := vast())
def test_numbers_that_no_page_can_show_are_refused(said: str) -> None:
    with case(), pytest.raises(CheckpointError, match=said.replace("+", r"\+")):
        unpack(VAST[said])


@pytest.mark.parametrize("path", [("created_at",), ("transfer",), ("name",), ("versions", "torch")])
def test_a_text_that_cannot_be_written_is_refused(path: tuple[Any, ...]) -> None:
    with case(), pytest.raises(CheckpointError, match="surrogates not allowed"):
        unpack(with_record(GOOD, path, f"a{checkpoints.HALF}"))


def test_the_bill_of_a_network_that_goes_too_far_is_none() -> None:
    model = load_checkpoint(ROOT / "checkpoints" / "digits-2d").model
    x = torch.zeros(1, *model.event_shape)
    assert bill(model, x).recon.isfinite().all()
    model.head.bias.data.fill_(3e38)
    with case(), pytest.raises(InvalidInputError, match="not finite: its weights are too large"):
        bill(model, x)


def test_the_server_answers_whatever_is_sent(client: TestClient, own_runs: Path) -> None:
    some_tensors = list(checkpoints.tensors(GOOD).items())[::4]
    files = checkpoints.headers(GOOD) | dict(some_tensors)
    for name, content in files.items():
        answer = ask(client, "POST", "/api/checkpoints", content=content)
        assert answer.status_code in ((200, 400) if may_be_taken(name) else (400,)), name
    assert all(len(path.name) == 24 for path in own_runs.iterdir())
