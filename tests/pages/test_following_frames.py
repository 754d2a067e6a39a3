"""What a watcher is told of frames and single steps: the newest, as a page reads it."""

import base64
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest
import torch

from tests.pages.watching import Watcher, append, run_at_work
from tests.unit._runs import frame
from ui.api import following
from vae_core.anatomy import ANATOMY_FILE, Anatomy, write_anatomy
from vae_core.frames import LIVE_FILE
from vae_core.images import from_png
from vae_core.runs import Run

NAN = float("nan")


@pytest.fixture
def run() -> Run:
    return run_at_work()


@pytest.fixture
def watcher(run: Run) -> Watcher:
    watcher = Watcher(run)
    assert watcher.look() == ["status"]
    return watcher


def anatomy(step: int, num: int = 8) -> Anatomy:
    """What a step may look like; its pictures differ."""
    pictures = torch.linspace(0, 1, num * 12).view(num, 1, 3, 4)
    eps, sigma = torch.arange(num * 2.0).view(num, 2), torch.full((num, 2), 0.5)
    terms = {"recon_nats": 3.0, "kl_nats": 1.0, "beta": 2.0, "extra": {"mmd": [0.25, 4.0]}}
    return Anatomy(
        step=step,
        num_pictures=64,
        terms=terms | {"loss_nats": 6.0},
        input=pictures,
        target=1 - pictures,
        recon=pictures / 2,
        mean=torch.ones(num, 2),
        sigma=sigma,
        eps=eps,
        z=1 + sigma * eps,
        recon_nats=torch.arange(num * 1.0),
        kl_nats=torch.ones(num),
    )


def keep(run: Run, seen: Anatomy) -> None:
    write_anatomy(run.folder / ANATOMY_FILE, seen)


def test_of_several_frames_the_newest_is_told_once(run: Run, watcher: Watcher) -> None:
    for step in (1, 2, 3):
        run.keep_frame(frame(step))
    assert watcher.look() == ["frame"]
    assert watcher.newest("frame")["step"] == 3
    assert watcher.look() == []


def test_frames_of_one_tick_of_the_clock_are_told_apart(run: Run, watcher: Watcher) -> None:
    for step in (1, 2, 3):
        run.keep_frame(frame(step))
        os.utime(run.folder / LIVE_FILE, ns=(10**18, 10**18))
        watcher.look()
        assert watcher.newest("frame")["step"] == step


def test_a_frame_travels_as_a_page_reads_it(run: Run, watcher: Watcher) -> None:
    points = np.array([[0.5, -1.25], [3.0, 4.0]], np.float32)
    labels = np.array([7, 9], np.uint8)
    run.keep_frame(replace(frame(5), points=points, labels=labels, recons=b"\x89PNG", manifold=b""))
    watcher.look()
    told = watcher.newest("frame")
    packed = {name: told.pop(name) for name in ("points", "labels", "manifold", "recons")}
    assert told == {
        "step": 5,
        "limit": 4.0,
        "axis_labels": ["z1", "z2"],
        "kl_per_dim": [0.0],
        "numbers": {"loss_nats": 1.5},
    }
    assert base64.b64decode(packed["points"]) == points.astype("<f4").tobytes()
    assert list(base64.b64decode(packed["labels"])) == [7, 9]
    assert (base64.b64decode(packed["recons"]), packed["manifold"]) == (b"\x89PNG", "")


@pytest.mark.parametrize("num", [3, 8])
def test_a_step_travels_picture_by_picture(run: Run, watcher: Watcher, num: int) -> None:
    seen = anatomy(5, num)
    keep(run, seen)
    assert watcher.look() == ["anatomy"]
    told = watcher.newest("anatomy")
    assert (told["step"], told["num_pictures"], told["terms"]) == (5, 64, seen.terms)
    assert len(told["pictures"]) == num
    for place, picture in enumerate(told["pictures"]):
        for name in ("input", "target", "recon"):
            drawn = from_png(base64.b64decode(picture[name]))
            expected = (getattr(seen, name)[place, 0] * 255).round().byte().numpy()
            np.testing.assert_array_equal(drawn, expected)
        for name in ("mean", "sigma", "eps", "z"):
            assert picture[name] == getattr(seen, name)[place].tolist()
        assert (picture["recon_nats"], picture["kl_nats"]) == (place, 1.0)


def test_what_an_autoencoder_lacks_is_null(run: Run, watcher: Watcher) -> None:
    keep(run, replace(anatomy(5), sigma=None, eps=None, kl_nats=None))
    watcher.look()
    for picture in watcher.newest("anatomy")["pictures"]:
        assert (picture["sigma"], picture["eps"], picture["kl_nats"]) == (None, None, None)
        assert picture["z"] is not None


def test_what_is_no_number_becomes_null(run: Run, watcher: Watcher) -> None:
    kl = np.array([np.inf, 1.0], np.float32)
    run.keep_frame(replace(frame(1), kl_per_dim=kl, numbers={"loss_nats": NAN}))
    lost, white = torch.full((8, 2), NAN), torch.full((8, 1, 3, 4), NAN)
    keep(run, replace(anatomy(1), mean=lost, recon=white, terms={"loss_nats": NAN}))
    watcher.look()
    seen, step = watcher.newest("frame"), watcher.newest("anatomy")
    assert (seen["kl_per_dim"], seen["numbers"]) == ([None, 1.0], {"loss_nats": None})
    assert (step["terms"], step["pictures"][0]["mean"]) == ({"loss_nats": None}, [None, None])


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"not a zip"])
def test_a_damaged_file_is_passed_over_until_the_next_one(
    run: Run, watcher: Watcher, content: bytes
) -> None:
    for name in (LIVE_FILE, ANATOMY_FILE):
        (run.folder / name).write_bytes(content)
    append(run, 1)
    assert watcher.look() == ["rows"]
    run.keep_frame(frame(2))
    keep(run, anatomy(2))
    assert watcher.look() == ["frame", "anatomy"]


def test_thirty_who_look_at_once_cost_one_reading(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: dict[str, Callable[[Path], Any]] = {}
    readings: list[str] = []
    for name in ("read_frame", "read_anatomy"):
        real[name] = getattr(following, name)

        def counted(path: Path, name: str = name) -> Any:
            readings.append(name)
            return real[name](path)

        monkeypatch.setattr(following, name, counted)
    watchers = [Watcher(run) for _ in range(30)]
    for step in (1, 2, 3):
        run.keep_frame(frame(step, side=64))
        keep(run, anatomy(step))
        at_once(watchers)
        assert {watcher.newest("frame")["step"] for watcher in watchers} == {step}
        assert {watcher.newest("anatomy")["step"] for watcher in watchers} == {step}
    assert sorted(readings) == 3 * ["read_anatomy"] + 3 * ["read_frame"]


def at_once(watchers: list[Watcher]) -> None:
    barrier = Barrier(len(watchers))

    def look(watcher: Watcher) -> None:
        barrier.wait()
        watcher.look()

    threads = [Thread(target=look, args=(watcher,)) for watcher in watchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
