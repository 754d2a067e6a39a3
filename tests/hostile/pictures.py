"""Files of pictures that nobody means well with, made byte by byte."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KINDS = ("PNG", "JPEG", "WEBP", "GIF", "BMP")
MOST = 2**31 - 1


def saved(picture: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    """A whole file."""
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def drawn(mode: str = "L", width: int = 40, height: int = 30) -> Image.Image:
    """A dark stroke on light paper."""
    paper = Image.new("L", (width, height), 230)
    paper.paste(20, (width // 3, height // 5, width // 2, height - 4))
    if mode == "I;16":
        return Image.fromarray(np.asarray(paper, np.uint16) * 257)
    return paper.convert(mode)


def chunk(name: bytes, content: bytes, crc: int | None = None) -> bytes:
    """A part of a PNG."""
    found = zlib.crc32(name + content) if crc is None else crc
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", found)


def header(width: int, height: int, depth: int = 8, colour: int = 0, interlaced: int = 0) -> bytes:
    """The first part of a PNG; some sizes and kinds that it can say are none."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


def png(*parts: bytes) -> bytes:
    return SIGNATURE + b"".join(parts)


ROWS = chunk(b"IDAT", zlib.compress(bytes(9) * 8))  # of 8 x 8 grey pixels
END = chunk(b"IEND", b"")
BOMB = zlib.compress(bytes(50_000_000), 9)


def pngs() -> dict[str, bytes]:
    """PNG files that lie about themselves."""
    whole = saved(drawn())
    sizes = ((0, 7), (7, 0), (1, MOST), (MOST, 1), (MOST, MOST), (100_000, 100_000), (6_300, 6_300))
    found = {f"png of {w} x {h}, empty": png(header(w, h), ROWS, END) for w, h in sizes}
    for depth in (0, 1, 3, 16, 255):
        for colour in (0, 1, 2, 3, 4, 6, 255):
            found[f"png of {depth} bits, colour {colour}"] = png(
                header(8, 8, depth, colour), ROWS, END
            )
    small = header(8, 8)
    return found | {
        "png of two sizes": png(small, header(9_000, 9_000), ROWS, END),
        "png of two sizes, later": png(small, ROWS, header(60_000, 60_000), END),
        "png whose second size is vast": png(small, header(60_000, 60_000), ROWS, END),
        "png with a short header": png(chunk(b"IHDR", b"\x00" * 5), ROWS, END),
        "png without a header": png(ROWS, END),
        "png without rows": png(small, END),
        "png without an end": png(small, ROWS),
        "png with a wrong sum": png(small, chunk(b"IDAT", b"x" * 20, crc=1), END),
        "png of no zlib": png(small, chunk(b"IDAT", b"x" * 200), END),
        "png that goes on for ever": png(small, chunk(b"IDAT", BOMB), END),
        "png with a vast text": png(small, chunk(b"zTXt", b"a\0\0" + BOMB), ROWS, END),
        "png with a vast text, later": png(small, ROWS, chunk(b"zTXt", b"a\0\0" + BOMB), END),
        "png with vast words": png(small, chunk(b"iTXt", b"a\0\1\0\0\0" + BOMB), ROWS, END),
        "png with a vast profile": png(small, chunk(b"iCCP", b"a\0\0" + BOMB), ROWS, END),
        "png with many parts": png(small, chunk(b"tEXt", b"a\0b") * 50_000, ROWS, END),
        "png with many rows": png(small, chunk(b"IDAT", b"") * 50_000, ROWS, END),
        "png with wrong camera": png(small, chunk(b"eXIf", b"MM\0*" + b"\xff" * 40), ROWS, END),
        "png with no palette": png(header(8, 8, 8, 3), ROWS, END),
        "png with a short palette": png(header(8, 8, 8, 3), chunk(b"PLTE", b"\0" * 4), ROWS, END),
        "png with a short gamma": png(small, chunk(b"gAMA", b"\0"), ROWS, END),
        "png with short transparency": png(small, chunk(b"tRNS", b"\0"), ROWS, END),
        "png with short transparency, later": png(small, ROWS, chunk(b"tRNS", b"\0"), END),
        "png with a short size, later": png(small, ROWS, chunk(b"pHYs", b"\0"), END),
        "png of 4 billion moments": png(small, chunk(b"acTL", struct.pack(">II", 2**32 - 1, 0)))
        + ROWS
        + END,
        "png with a wrong moment": png(
            small, chunk(b"acTL", struct.pack(">II", 2, 0)), chunk(b"fcTL", b"\xff" * 26), ROWS, END
        ),
        "png in layers, cut": png(header(8, 8, interlaced=1), ROWS, END)[:-20],
        "png whose part is endless": png(small, struct.pack(">I", MOST) + b"IDAT" + b"x"),
        "png with bytes behind": whole + b"<script>alert(1)</script>" * 100,
    }


def gifs() -> dict[str, bytes]:
    """GIF files that lie about themselves."""

    def screen(width: int, height: int) -> bytes:
        return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)

    def image(width: int, height: int, bits: int = 2, left: int = 0) -> bytes:
        place = struct.pack("<HHHHB", left, 0, width, height, 0)
        return b"," + place + bytes([bits]) + b"\x02\x4c\x01\x00"

    return {
        "gif of a vast screen": screen(65_535, 65_535) + image(1, 1) + b";",
        "gif beyond its screen": screen(1, 1) + image(65_535, 65_535) + b";",
        "gif far from its screen": screen(8, 8) + image(8, 8, left=65_000) + b";",
        "gif of no bits": screen(8, 8) + image(8, 8, 0) + b";",
        "gif of 255 bits": screen(8, 8) + image(8, 8, 255) + b";",
        "gif of nothing": screen(0, 0) + b";",
        "gif without an end": screen(8, 8) + image(8, 8)[:-1] + b"\xff" * 5_000,
        "gif with many words": screen(8, 8) + b"!\xfe\x01a\x00" * 50_000 + image(8, 8) + b";",
        "gif of many moments": screen(8, 8) + image(8, 8) * 20_000 + b";",
    }


def bmps() -> dict[str, bytes]:
    """BMP files that lie about themselves."""

    def bmp(width: int, height: int, bits: int = 8, kind: int = 0, colours: int = 0) -> bytes:
        size = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, kind, 0, 0, 0, colours, 0)
        return b"BM" + struct.pack("<IHHI", 2_000, 0, 0, 54 + 1_024) + size + bytes(1_500)

    found = {f"bmp of {bits} bits": bmp(8, 8, bits) for bits in (0, 1, 3, 16, 32, 65_535)}
    found |= {f"bmp packed by {kind}": bmp(8, 8, 8, kind) for kind in (1, 2, 3, 4, 5, 99)}
    found |= {
        f"bmp of {w} x {h}": bmp(w, h)
        for w, h in ((MOST, MOST), (-8, -8), (0, 0), (8, -MOST), (4_000_000, 1), (6_000, 6_000))
    }
    return found | {
        "bmp of many colours": bmp(8, 8, 8, 0, MOST),
        "bmp with a short header": b"BM" + bytes(20),
        "bmp with a vast header": b"BM" + bytes(12) + struct.pack("<I", MOST) + bytes(100),
    }


def jpegs() -> dict[str, bytes]:
    """JPEG files that lie about themselves."""
    whole = saved(drawn("RGB"), "JPEG")
    at = whole.index(b"\xff\xc0") + 5  # where its height and width stand

    def sized(width: int, height: int) -> bytes:
        return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]

    def turned(content: bytes) -> bytes:
        part = b"Exif\0\0" + content
        return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part + whole[2:]

    tag = struct.pack(">HHIHxx", 0x0112, 3, 1, 9)
    return {
        "jpeg of 65,535 x 65,535": sized(65_535, 65_535),
        "jpeg of 5,000 x 5,000, empty": sized(5_000, 5_000),
        "jpeg of no size": sized(0, 0),
        "jpeg turned in no way": turned(b"MM\0*\0\0\0\x08\0\x01" + tag + bytes(4)),
        "jpeg turned for ever": turned(b"MM\0*\0\0\0\x08\0\x01" + tag + b"\0\0\0\x08"),
        "jpeg with wrong camera": turned(b"\xff" * 200),
        "jpeg of four colours": saved(drawn("CMYK"), "JPEG"),
        "jpeg of two pictures": saved(
            drawn("RGB"), "MPO", save_all=True, append_images=[drawn("RGB")]
        ),
        "jpeg in layers, cut": saved(drawn("RGB"), "JPEG", progressive=True)[:-60],
        "jpeg of two starts": whole[:300] + whole,
        "jpeg without tables": whole.replace(b"\xff\xdb", b"\xff\xfe").replace(
            b"\xff\xc4", b"\xff\xfe"
        ),
    }


def webps() -> dict[str, bytes]:
    """WebP files that lie about themselves."""

    def canvas(width: int, height: int, flags: int = 2) -> bytes:
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        part = b"VP8X" + struct.pack("<II", 10, flags) + size
        return b"RIFF" + struct.pack("<I", 4 + len(part)) + b"WEBP" + part

    whole = saved(drawn(), "WEBP", lossless=True)
    return {
        "webp of 16,384 x 16,384": canvas(16_384, 16_384),
        "webp of 2**24 x 2**24": canvas(2**24, 2**24),
        "webp of 16,384 x 16,384, still": canvas(16_384, 16_384, 0) + whole[12:],
        "webp of another length": whole[:4] + b"\xff\xff\xff\x7f" + whole[8:],
        "webp of no length": whole[:4] + bytes(4) + whole[8:],
    }


def others() -> dict[str, bytes]:
    """What is no picture that is taken here, some of it under another name."""
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    return {
        "nothing": b"",
        "zeros": bytes(1_000),
        "an svg": svg,
        "an svg as a png": SIGNATURE + svg,
        "an svg that reads a file": b"<!DOCTYPE s [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>" + svg,
        "html": b"<!doctype html><script>alert(1)</script>",
        "a program in PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"
        b"(/etc/passwd) (r) file\nshowpage\n",
        "a pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/Launch>>>>endobj",
        "a zip": b"PK\x03\x04" + bytes(200),
        "a pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
        "a tiff": saved(drawn(), "TIFF"),
        "an ico": saved(drawn("RGBA"), "ICO"),
        "a ppm": saved(drawn(), "PPM"),
        "a tga": saved(drawn(), "TGA"),
        "a jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
        "an avif": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1" + bytes(100),
    }


def cut() -> dict[str, bytes]:
    """Every kind of file, ended before its end."""
    found = {}
    for kind in KINDS:
        whole = saved(drawn("RGB"), kind)
        for length in sorted({*range(1, 40, 3), *range(40, len(whole), len(whole) // 12)}):
            found[f"{kind} cut at {length}"] = whole[:length]
    return found


def strange() -> dict[str, bytes]:
    """Whole files, of shapes and colours that few pictures have."""
    found = {
        f"{mode} as {kind}": saved(drawn(mode), kind)
        for kind, modes in {
            "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
            "WEBP": ("RGB", "RGBA"),
            "GIF": ("1", "L", "P", "RGB"),
            "BMP": ("1", "L", "P", "RGB", "RGBA"),
        }.items()
        for mode in modes
    }
    frames = [drawn("RGB"), drawn("RGB").rotate(90), drawn("RGB").rotate(180)]
    for kind in ("PNG", "WEBP", "GIF"):
        found[f"animated {kind}"] = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    for width, height in ((1, 1), (1, 2), (2, 1), (1, 300), (1, 100_000), (100_000, 1)):
        found[f"{width} x {height}"] = saved(np.zeros((height, width), np.uint8))
        found[f"{width} x {height}, half"] = saved(
            np.resize(np.array([0, 255], np.uint8), (height, width))
        )
    return found


def large() -> dict[str, bytes]:
    """Files of few bytes and as many pixels as are taken, or some more."""

    def even(mode: str, width: int, height: int, colour: Any = 9) -> bytes:
        return saved(Image.new(mode, (width, height), colour), compress_level=1)

    many = saved(Image.new("RGB", (5_000, 5_000), (9, 90, 9)), "JPEG", progressive=True)
    last = many[many.rindex(b"\xff\xda") : -2]
    return {
        "taken, 5000 x 5000": even("RGBA", 5_000, 5_000, (9, 9, 9, 40)),
        "taken, 5000 x 5000 of 16 bits": even("I;16", 5_000, 5_000),
        "taken, 100000 x 250": even("RGB", 100_000, 250, (9, 9, 9)),
        "taken, 5000 x 5000 as JPEG": many,
        "taken, 5000 x 5000 as WebP": saved(Image.new("RGB", (5_000, 5_000), (9, 9, 9)), "WEBP"),
        "taken, 5000 x 5000 as GIF": saved(Image.new("P", (5_000, 5_000), 3), "GIF"),
        "refused, 5001 x 5000": png(header(5_001, 5_000), ROWS, END),
        "refused, 12000 x 12000": png(header(12_000, 12_000, 1), ROWS, END),
        "refused, 25000000 x 1": png(header(25_000_000, 1), ROWS, END),
        "refused, 1 x 25000000": png(header(1, 25_000_000), ROWS, END),
        "refused, JPEG in 100000 layers": many[:-2] + last * 100_000 + many[-2:],
    }


def corpus() -> dict[str, bytes]:
    """All that is small enough to be tried by the dozen."""
    return pngs() | gifs() | bmps() | jpegs() | webps() | others() | cut() | strange()
