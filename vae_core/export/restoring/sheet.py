"""The pictures as one PNG: a row for each method, with its name and numbers at the left."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vae_core.export.restoring.results import TINTED, Results, Row, decibels, likeness
from vae_core.images import tile

PICTURE_SIDE = 84  # of one picture in pixels, roughly: each of its own pixels stays a square
LABEL_WIDTH, GAP, MARGIN = 260, 6, 16
TEXT, MUTED, PAPER = "#1b2430", "#475467", "#ffffff"
_LARGE, _SMALL, _LEAST = 17, 14, 13


def as_png(results: Results) -> bytes:
    """Dark words on white, pictures as they are."""
    strips = [_strip(row) for row in results.rows]
    height, width = strips[0].shape[:2]
    head = MARGIN + 2 * (_LARGE + 8)
    size = (
        2 * MARGIN + LABEL_WIDTH + width,
        head + len(strips) * (height + GAP) - GAP + MARGIN,
    )
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    room = size[0] - 2 * MARGIN
    _write(draw, (MARGIN, MARGIN), results.title, _LARGE, TEXT, room)
    under = f"{results.pictures}; {results.made_at}"
    _write(draw, (MARGIN, MARGIN + _LARGE + 6), under, _SMALL, MUTED, room)
    for place, (row, strip) in enumerate(zip(results.rows, strips, strict=True)):
        top = head + place * (height + GAP)
        sheet.paste(Image.fromarray(strip), (MARGIN + LABEL_WIDTH, top))
        _write(draw, (MARGIN, top + 4), row.title, _LARGE, TEXT, LABEL_WIDTH - 12)
        numbers = _numbers(row)
        _write(draw, (MARGIN, top + _LARGE + 12), numbers, _SMALL, MUTED, LABEL_WIDTH - 12)
        if row.is_tinted:
            below = (MARGIN, top + _LARGE + _SMALL + 18)
            _write(draw, below, TINTED, _LEAST, MUTED, LABEL_WIDTH - 12)
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    return buffer.getvalue()


def _numbers(row: Row) -> str:
    if not row.psnr_db:
        return ""
    return f"{decibels(row.mean_psnr_db)} dB, SSIM {likeness(row.mean_ssim)}"


def _strip(row: Row) -> NDArray[np.uint8]:
    """All pictures of a row side by side on white, (height, width, 3)."""
    times = max(1, PICTURE_SIDE // max(row.images.shape[-2:]))
    shown = []
    for picture in row.seen:
        pixels = tile(picture[None], 1)
        colours = pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, None], 3, 2)
        large = colours.repeat(times, 0).repeat(times, 1)
        shown += [large, np.full((len(large), GAP, 3), 255, np.uint8)]
    return np.concatenate(shown[:-1], axis=1)


def _write(
    draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, size: int, fill: str, room: int
) -> None:
    """One line, cut short where there is no more room."""
    font = ImageFont.load_default(size)
    line = " ".join(text.split())
    if draw.textlength(line, font) > room:
        while line and draw.textlength(f"{line}...", font) > room:
            line = line[:-1]
        line = f"{line}..."
    draw.text(place, line, fill, font)
