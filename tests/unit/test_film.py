"""The film of a training as a GIF."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit._runs import frame, small
from vae_core import runs
from vae_core.errors import RunError
from vae_core.film import LINE, MARGIN, MAX_FRAMES, SIDE, Look, film
from vae_core.frames import Frame
from vae_core.history import History, read_history
from vae_core.images import png
from vae_core.runs import Run

LOOK = Look(["#FF0000", "#00FF00"], "#FFFFFF", "#000000", "#CCCCCC")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return runs.create(small(), folder=tmp_path / "run")


def dots(step: int, place: tuple[float, float], limit: float = 3.0) -> Frame:
    points = np.array([place], np.float32)
    labels = np.zeros(1, np.uint8)
    means = points.astype(np.float16)
    pictures = {name: png(np.full((96, 96), 255, np.uint8)) for name in ("manifold", "recons")}
    arrays = {"points": points, "means": means, "labels": labels}
    numbers = {"loss_nats": 1.5, "epoch": 1}
    return replace(frame(step), limit=limit, numbers=numbers, **arrays, **pictures)


def pictures(content: bytes) -> list[np.ndarray]:
    image = Image.open(io.BytesIO(content))
    found = []
    for number in range(image.n_frames):
        image.seek(number)
        found.append(np.array(image.convert("RGB")))
    return found


def reddest(picture: np.ndarray) -> tuple[int, int]:
    """Middle of the red dot on the map, in pixels from its left and top."""
    board = picture[LINE : LINE + SIDE, MARGIN : MARGIN + SIDE].astype(int)
    rows, columns = np.nonzero((board[..., 0] > 200) & (board[..., 1:].max(2) < 60))
    return round(columns.mean()), round(rows.mean())


def test_each_frame_shows_its_dot_on_axes_that_all_share(run: Run) -> None:
    for step, place, limit in ((0, (1.5, 0), 3.0), (7, (1.5, 3.0), 6.0)):
        run.keep_frame(dots(step, place, limit))
    seen = pictures(film(run, LOOK))
    assert len(seen) == 2
    # A quarter of the way from the middle to the right; then a half up.
    for picture, wanted in zip(seen, ((300, 240), (300, 120)), strict=True):
        assert np.abs(np.subtract(reddest(picture), wanted)).max() <= 1


def test_a_long_run_is_shown_in_sixty_frames_with_its_first_and_last(run: Run) -> None:
    for step in range(100):
        run.keep_frame(dots(step, (3 * step / 99, 0)))
    seen = pictures(film(run, LOOK))
    assert len(seen) == MAX_FRAMES
    assert reddest(seen[0])[0] == pytest.approx(240, abs=1)
    assert reddest(seen[-1])[0] > 476


def test_the_pictures_behind_lie_where_their_frame_had_them_on_an_even_ground(run: Run) -> None:
    run.keep_frame(dots(0, (5, 5), 3.0))
    run.keep_frame(dots(7, (5, 5), 6.0))
    plain, behind = (pictures(film(run, LOOK, behind=on))[0] for on in (False, True))
    rows, columns = np.nonzero((plain != behind).any(2))
    assert (rows.min(), columns.max()) == (LINE + 1, MARGIN + SIDE - 2)  # as at every moment
    line = behind[LINE + SIDE // 2 + 30, MARGIN + 2 : MARGIN + SIDE - 2].min(1) > 120
    inner = SIDE // 4 - 2  # a frame of half the reach covers the middle half
    assert line.nonzero()[0][[0, -1]] == pytest.approx([inner, len(line) - inner], abs=1)


@pytest.mark.parametrize("dim", [2, 5])
def test_frames_dropped_while_it_is_made_are_left_out(
    run: Run, monkeypatch: pytest.MonkeyPatch, dim: int
) -> None:
    for step in range(4):
        means = np.random.default_rng(step).normal(size=(8, dim)).astype(np.float16)
        points, labels = means[:, :2].astype(np.float32), np.zeros(8, np.uint8)
        run.keep_frame(replace(dots(step, (0, 0)), means=means, points=points, labels=labels))

    def then_thinned(run: Run) -> History:
        history = read_history(run)
        run.frame_paths()[1].unlink()
        run.frame_paths()[-1].unlink()  # a newer one has taken its place
        return history

    monkeypatch.setattr("vae_core.film.read_history", then_thinned)
    assert len(pictures(film(run, LOOK))) == 2


def test_a_run_without_frames_has_no_film(run: Run) -> None:
    with pytest.raises(RunError, match="kept no frames yet"):
        film(run, LOOK)
