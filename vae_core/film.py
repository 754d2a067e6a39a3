"""The film of a run's kept frames as a GIF: map, pictures and loss, on axes that never move."""

import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vae_core.errors import RunError
from vae_core.frames import Frame
from vae_core.history import History, read_history, read_moment
from vae_core.images import from_png
from vae_core.runs import Run

MAX_FRAMES = 60
FRAME_MS, LAST_MS = 150, 2_000
SIDE, MARGIN, LINE = 480, 12, 28
_UNSEEN = "#2C3138"  # of what lies behind
_DOT, _OVERSAMPLING = 2.5, 2  # radius in pixels; dots are drawn larger, then averaged


@dataclass(frozen=True)
class Look:
    """Colours as "#RRGGBB".

    Attributes:
        classes: one for each of ten classes.
        background, text, line: of the page.
    """

    classes: Sequence[str]
    background: str
    text: str
    line: str


def film(run: Run, look: Look, *, behind: bool = False) -> bytes:
    """Draw the kept frames of a run, at most 60 of them, as a GIF that repeats for ever.

    Frames that the run drops meanwhile are left out.

    Args:
        behind: whether what the decoder draws at each place lies behind the dots, where a frame
            has that.

    Raises:
        RunError: when the run has kept no frame, or the newest is damaged.
    """
    history = read_history(run)
    every = np.linspace(0, len(history.steps) - 1, min(MAX_FRAMES, len(history.steps)))
    pictures = []
    for step in (history.steps[round(place)] for place in every):
        with suppress(RunError):
            frame = read_moment(run, step, history.steps[-1], history.plane)
            pictures.append(_picture(frame, history, look, behind))
    if not pictures:
        raise RunError("This run has kept no frames yet, so there is no film of it; let it train.")
    first, *rest = pictures
    times = [FRAME_MS] * len(rest) + [LAST_MS]
    buffer = io.BytesIO()
    first.save(buffer, "GIF", save_all=True, append_images=rest, duration=times, loop=0)
    return buffer.getvalue()


def _picture(frame: Frame, history: History, look: Look, behind: bool) -> Image.Image:
    """Two lines of words, the map, and below it what became of the probe images."""
    strip = _strip(from_png(frame.recons))
    height = LINE + SIDE + MARGIN + strip.height + MARGIN
    canvas = Image.new("RGB", (SIDE + 2 * MARGIN, height), look.background)
    canvas.paste(_map(frame, history.limit, look, behind), (MARGIN, LINE))
    canvas.paste(strip, (MARGIN, LINE + SIDE + MARGIN))
    words = ImageDraw.Draw(canvas)
    words.text((MARGIN, 6), _words(frame), look.text, ImageFont.load_default(14))
    return canvas.quantize(128, dither=Image.Dither.NONE)


def _words(frame: Frame) -> str:
    loss = frame.numbers.get("loss_nats")
    if not frame.step or loss is None:
        return f"step {frame.step:,}"
    return f"epoch {frame.numbers['epoch']:.0f}   step {frame.step:,}   loss {loss:.2f} nats"


def _map(frame: Frame, limit: float, look: Look, behind: bool) -> Image.Image:
    side = SIDE * _OVERSAMPLING
    canvas = Image.new("RGB", (side, side), look.background)
    if behind and frame.manifold:
        _paste_behind(canvas, frame, limit)
    draw = ImageDraw.Draw(canvas)
    middle = side / 2
    draw.line((middle, 0, middle, side), look.line, _OVERSAMPLING)
    draw.line((0, middle, side, middle), look.line, _OVERSAMPLING)
    places = (frame.points * (1, -1) / limit + 1) * middle
    radius = _DOT * _OVERSAMPLING
    for (x, y), label in zip(places.tolist(), frame.labels.tolist(), strict=True):
        if 0 <= x <= side and 0 <= y <= side:
            colour = look.classes[label % len(look.classes)]
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), colour)
    draw.rectangle((0, 0, side - 1, side - 1), None, look.line, _OVERSAMPLING)
    return canvas.resize((SIDE, SIDE), Image.Resampling.BOX)


def _paste_behind(canvas: Image.Image, frame: Frame, limit: float) -> None:
    """A frame's own map may have reached less far than the axes of all: the rest is even."""
    canvas.paste(_UNSEEN, (0, 0, *canvas.size))
    reach = round(canvas.width * frame.limit / limit)
    pictures = Image.fromarray(from_png(frame.manifold)).convert("RGB")
    pictures = pictures.resize((reach, reach), Image.Resampling.NEAREST)
    corner = (canvas.width - reach) // 2
    canvas.paste(Image.blend(Image.new("RGB", pictures.size), pictures, 0.6), (corner, corner))


def _strip(recons: NDArray[np.uint8]) -> Image.Image:
    """The row of reconstructions, as wide as the map."""
    row = Image.fromarray(recons).convert("RGB")
    return row.resize((SIDE, round(row.height * SIDE / row.width)), Image.Resampling.NEAREST)
