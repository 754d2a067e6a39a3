"""Batches of images to one picture, as bytes that any viewer reads."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from vae_core.errors import InvalidInputError


def tile(images: Tensor, columns: int, gap: int = 0) -> NDArray[np.uint8]:
    """Lay images out row by row, on black.

    Args:
        images: (N, C, H, W) in [0, 1], C 1 or 3.
        columns: pictures in a row.
        gap: black pixels between them.

    Returns:
        (height, width) or (height, width, 3) uint8.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3) or columns < 1 or not len(images):
        raise InvalidInputError(
            f"Images of shape {tuple(images.shape)} received; expected (N, 1 or 3, H, W)."
        )
    pixels = (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()
    num, height, width, channels = pixels.shape
    rows = -(-num // columns)
    step_y, step_x = height + gap, width + gap
    sheet = np.zeros((rows * step_y - gap, columns * step_x - gap, channels), np.uint8)
    for place, picture in enumerate(pixels):
        row, column = divmod(place, columns)
        top, left = row * step_y, column * step_x
        sheet[top : top + height, left : left + width] = picture
    return sheet[:, :, 0] if channels == 1 else sheet


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Encode (H, W) or (H, W, 3) uint8 as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def from_png(content: bytes) -> NDArray[np.uint8]:
    """Decode what `png` wrote: (H, W) or (H, W, 3) uint8."""
    return np.array(Image.open(io.BytesIO(content)))


def gif(images: Tensor, frame_ms: int, side: int) -> bytes:
    """Encode pictures, (N, C, H, W) in [0, 1], as a GIF that repeats for ever.

    Args:
        frame_ms: how long each one stays.
        side: of the film in pixels, roughly: pictures are enlarged by a whole number, so that each
            of their pixels stays a square.
    """
    scale = max(1, side // max(images.shape[-2:]))
    frames = [Image.fromarray(tile(picture[None], 1)) for picture in images]
    first, *rest = [
        frame.resize((frame.width * scale, frame.height * scale), Image.Resampling.NEAREST)
        for frame in frames
    ]
    buffer = io.BytesIO()
    first.save(buffer, format="GIF", save_all=True, append_images=rest, duration=frame_ms, loop=0)
    return buffer.getvalue()
