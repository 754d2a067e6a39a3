"""Pictures and masks that a page sends as text, checked before they are read."""

import base64
import binascii
import io
import struct

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2.functional import pil_to_tensor

from vae_core.errors import InvalidInputError

_HEADER = struct.Struct(">8s4x4sII")  # of a PNG: signature, IHDR, width, height
_PNG = b"\x89PNG\r\n\x1a\n"
_BITS = (128, 64, 32, 16, 8, 4, 2, 1)


def picture_of(text: str, shape: tuple[int, int, int]) -> Tensor:
    """One picture, (1, C, H, W) in [0, 1].

    Args:
        text: a PNG of exactly that size in base64, grey for C = 1, RGB for 3.
        shape: (C, H, W).

    Raises:
        InvalidInputError: for anything else; nothing of another size is decoded.
    """
    channels, height, width = shape
    expected = f"a PNG of {width} x {height} {'grey' if channels == 1 else 'RGB'} pixels"
    try:
        content = base64.b64decode(text, validate=True)
        signature, name, across, down = _HEADER.unpack_from(content)
    except (binascii.Error, ValueError, struct.error) as error:
        raise InvalidInputError(f"Something else received; expected {expected}.") from error
    if (signature, name) != (_PNG, b"IHDR"):
        raise InvalidInputError(f"Another kind of file received; expected {expected}.")
    if (across, down) != (width, height):
        raise InvalidInputError(f"{across} x {down} pixels received; expected {expected}.")
    try:
        image = Image.open(io.BytesIO(content), formats=["PNG"])
        if image.size == (width, height):  # a second header may say otherwise than the first
            image.load()
    except Exception as error:  # Pillow's readers raise many kinds for damaged files
        raise InvalidInputError(f"A damaged file received; expected {expected}.") from error
    if image.size != (width, height):
        raise InvalidInputError(f"A file of two sizes received; expected {expected}.")
    if image.mode != ("L" if channels == 1 else "RGB"):
        raise InvalidInputError(f"A PNG of mode {image.mode} received; expected {expected}.")
    return pil_to_tensor(image)[None].float() / 255


def mask_of(text: str, height: int, width: int) -> Tensor:
    """Pixels to hide, (1, 1, H, W) bool, of hexadecimals: row by row, eight in a byte.

    Raises:
        InvalidInputError: for another number of them, or what is none.
    """
    num = height * width
    size = -(-num // 8)
    try:
        content = bytes.fromhex(text) if len(text) == 2 * size else b""
    except ValueError:
        content = b""
    if len(content) != size:
        raise InvalidInputError(
            f"{len(text)} letters of hidden pixels received; expected {2 * size} hexadecimals for "
            f"{height} x {width} pixels."
        )
    found = torch.frombuffer(bytearray(content), dtype=torch.uint8)
    is_set = (found[:, None] & torch.tensor(_BITS, dtype=torch.uint8)) > 0
    return is_set.flatten()[:num].reshape(1, 1, height, width)


def text_of(mask: Tensor) -> str:
    """The inverse of `mask_of`, of one picture: (1, H, W) bool."""
    return np.packbits(mask.numpy()).tobytes().hex()
