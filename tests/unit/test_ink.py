"""Pictures that people bring."""

import io
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.unit._runs import ROOT
from vae_core.errors import InvalidInputError
from vae_core.ink import read_ink
from vae_core.picture_files import MAX_BYTES, SIDE


def as_file(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def cross(ground: int, ink: int, side: int = 40) -> np.ndarray:
    pixels = np.full((side, side), ground, np.uint8)
    pixels[10:30, 18:22] = ink
    return pixels


@pytest.mark.parametrize(("ground", "ink"), [(255, 0), (0, 255), (230, 40), (20, 200)])
@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF"])
def test_ink_is_light_on_black_whatever_the_paper(ground: int, ink: int, kind: str) -> None:
    found = read_ink(as_file(cross(ground, ink), kind))
    np.testing.assert_array_equal(found > 128, cross(0, 255) > 128)
    assert (found[0, 0], found[20, 20]) == (0, 255)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_lossy_picture_keeps_its_ink_and_an_even_ground(kind: str) -> None:
    found = read_ink(as_file(cross(235, 30), kind))
    assert (found[12:28, 19:21] > 180).all()
    assert (found[:5] == 0).all()


@pytest.mark.parametrize("light", ["from the left", "in the middle", "shadow"])
@pytest.mark.parametrize("is_wide", [False, True])
def test_uneven_light_is_no_ink(light: str, is_wide: bool) -> None:
    down, right = np.mgrid[-1:1:200j, -1:1:200j]
    paper = {
        "from the left": 180 - 60 * right,
        "in the middle": 250 - 60 * (down**2 + right**2),
        "shadow": 250 - 90 / (1 + np.exp(-6 * (down + right))),
    }[light]
    # A line that reaches the edge, or a shape that fills most of the picture.
    ink = np.abs(down) < 0.7 if is_wide else down < 0.7
    ink &= np.abs(right) < (0.6 if is_wide else 0.08)
    noise = np.random.default_rng(0).normal(0, 2, paper.shape)
    seen = (paper * np.where(ink, 0.2, 1.0) + noise).clip(0, 255)
    found = read_ink(as_file(seen.astype(np.uint8)))
    assert found[ink].min() > 128
    assert found[~ink].max() < 48


def test_transparent_pixels_are_paper() -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[5:15, 9:11, 3] = 255
    found = read_ink(as_file(pixels))
    assert (found[10, 10], found[0, 0]) == (255, 0)


def test_sixteen_bits_are_not_cut_off() -> None:
    found = read_ink(as_file(cross(255, 0).astype(np.uint16) * 257))
    np.testing.assert_array_equal(found > 128, cross(0, 255) > 128)


def test_a_photograph_lies_as_its_camera_was_held() -> None:
    picture = Image.fromarray(cross(255, 0)[:, :30])
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", exif=exif)
    assert read_ink(buffer.getvalue()).shape == (30, 40)


def test_a_large_picture_is_made_small() -> None:
    found = read_ink(as_file(np.kron(cross(255, 0), np.ones((50, 25), np.uint8))))
    assert found.shape == (SIDE, SIDE // 2)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_a_tall_picture_is_the_same_from_end_to_end(mode: str) -> None:
    pixels = np.kron(cross(255, 0), np.ones((20, 1), np.uint8))
    picture = Image.fromarray(pixels)
    if mode == "I;16":
        picture = Image.fromarray(pixels.astype(np.uint16) * 257)
    buffer = io.BytesIO()
    picture.convert(mode).save(buffer, "PNG")
    np.testing.assert_array_equal(read_ink(buffer.getvalue()), read_ink(as_file(pixels)))


PEAK = """
import resource, sys
from vae_core.ink import read_ink
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
before = peak()
read_ink(open(sys.argv[1], "rb").read())
print((peak() - before) / 1024)
"""


@pytest.mark.parametrize("mode", ["RGB", "P", "I;16"])
def test_the_largest_picture_takes_no_more_than_it_and_its_greys(tmp_path: Path, mode: str) -> None:
    picture = Image.new(mode, (5_000, 5_000), 0)
    picture.paste(1, (1_000, 1_000, 2_000, 2_000))
    if mode == "P":
        picture.putpalette([255, 255, 255, 0, 0, 0])
    elif mode == "RGB":
        picture.paste((250, 250, 250), (3_000, 3_000, 4_000, 4_000))
    else:
        picture.paste(65_535, (1_000, 1_000, 2_000, 2_000))
    picture.save(tmp_path / "large.png")
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(tmp_path / "large.png")],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) < 180  # MiB; 25 million pixels are 72 to 95 as Pillow keeps them


def huge_png(width: int, height: int) -> bytes:
    """A PNG that says how large it is, and holds next to nothing."""
    body = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [(b"IHDR", body), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read as a picture"),
        (b"%PDF-1.4 no picture", "cannot be read as a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "cannot be read as a picture"),
        (as_file(cross(255, 0))[:60], "cannot be read as a picture"),
        (as_file(cross(255, 0), "TIFF"), "cannot be read as a picture"),
        (bytes(MAX_BYTES + 1), "more than 10 MiB"),
        (huge_png(6_300, 6_300), "6,300 x 6,300 pixels"),
        (huge_png(11_000, 11_000), "25 million pixels"),
        (huge_png(100_000, 100_000), "25 million pixels"),
        (as_file(np.full((30, 30), 200, np.uint8)), "one colour"),
    ],
)
def test_anything_else_is_refused_with_what_is_expected(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        read_ink(content)


def test_the_papers_grain_is_no_ink(tmp_path: Path) -> None:
    grain = np.random.default_rng(0).integers(-8, 8, (40, 40))
    found = read_ink(as_file((cross(220, 20) + grain).clip(0, 255).astype(np.uint8)))
    outside = cross(0, 255) == 0
    assert (found[outside] == 0).mean() > 0.95
