"""Pictures that people bring, prepared as a data set's: hostile files, both ways, round trips."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from vae_core.data import Dataset
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.pictures import MAX_BYTES, prepare, read_mask

TIMES = "\N{MULTIPLICATION SIGN}"


def as_file(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def bytes_of(x: torch.Tensor) -> np.ndarray:
    """A picture (1, 1, H, W) in [0, 1] as (H, W) bytes."""
    return (x[0, 0].numpy() * 255).round().astype(np.uint8)


def enlarged(pixels: np.ndarray, times: int, margin: int = 0, around: int = 0) -> np.ndarray:
    large = np.kron(pixels, np.ones((times, times), np.uint8))
    return np.pad(large, margin, constant_values=around)


def written(width: int, side: int = 400) -> Image.Image:
    """A seven in dark ink on light paper, its pen so many pixels wide."""
    paper = Image.new("L", (side, side), 235)
    corners = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]
    places = [(x * side, y * side) for x, y in corners]
    ImageDraw.Draw(paper).line(places, fill=30, width=width, joint="curve")
    return paper


def huge_png(width: int, height: int, depth: int = 8) -> bytes:
    """A PNG that says how large it is, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b"")]
    chunks = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def animated(kind: str) -> bytes:
    first, *others = (Image.fromarray(np.full((20, 20), grey, np.uint8)) for grey in (9, 90, 200))
    first.putpixel((10, 10), 255)
    return as_file(first, kind, save_all=True, append_images=others)


SVG = b"<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>"
STRIP = np.zeros((1, 100_000), np.uint8)


@pytest.mark.parametrize("way", ["auto", "ink", "plain"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read as a picture; expected PNG, JPEG or WebP"),
        (SVG, "cannot be read as a picture"),
        (as_file(written(9))[:300], "cannot be read as a picture"),
        (as_file(written(9), "JPEG")[:150], "cannot be read as a picture"),
        (as_file(written(9), "WEBP")[:100], "cannot be read as a picture"),
        (as_file(written(9), "GIF"), "cannot be read as a picture"),
        (as_file(written(9), "TIFF"), "cannot be read as a picture"),
        (huge_png(200, 200), "cannot be read as a picture"),
        (huge_png(0, 7), "cannot be read as a picture"),
        (huge_png(6_300, 6_300), "6,300 x 6,300 pixels was received; expected at most 25 million"),
        (huge_png(65_000, 65_000), "far more than 25 million pixels"),
        (bytes(MAX_BYTES + 1), "more than 10 MiB was received; choose a smaller"),
        (as_file(STRIP), "100,000 x 1 pixels was received; expected one whose longer side"),
        (as_file(STRIP.T), "1 x 100,000 pixels was received.*Cut out what matters"),
    ],
)
def test_a_hostile_file_is_refused_with_what_is_expected(
    content: bytes, said: str, way: Any
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        prepare(content, "mnist", way)


def test_ink_is_not_looked_for_in_vain() -> None:
    with pytest.raises(InvalidInputError, match=r"No ink was found.*Choose one"):
        prepare(as_file(np.full((300, 200), 128, np.uint8)), "mnist", "ink")


def test_another_way_or_data_set_is_refused_by_name() -> None:
    with pytest.raises(UnknownNameError, match=r"'fast'. Expected one of: auto, ink, plain"):
        prepare(as_file(written(9)), "mnist", "fast")  # type: ignore[arg-type]
    with pytest.raises(UnknownNameError, match="Unknown data set 'faces'"):
        prepare(as_file(written(9)), "faces")


@pytest.mark.parametrize("dataset", ["digits", "mnist"])
@pytest.mark.parametrize("is_dark", [False, True])
def test_a_picture_of_the_data_sets_own_kind_is_taken_as_it_is(
    dataset: str, is_dark: bool, request: pytest.FixtureRequest
) -> None:
    data: Dataset = request.getfixturevalue(dataset)
    for place in range(5):
        x = data.test.pixels(place, place + 1)
        for times in (1, 7):
            pixels = enlarged(bytes_of(x), times)
            prepared = prepare(as_file(255 - pixels if is_dark else pixels), dataset)
            assert prepared.way == "plain"
            assert prepared.is_inverted == is_dark
            torch.testing.assert_close(prepared.picture, x, rtol=0, atol=1e-6)


def test_a_digit_enlarged_on_white_paper_comes_back_close_to_itself(mnist: Dataset) -> None:
    errors = []
    for place in range(12):
        x = mnist.test.pixels(place, place + 1)
        paper = 255 - enlarged(bytes_of(x), 11, margin=90)
        prepared = prepare(as_file(paper, "JPEG", quality=90), "mnist")
        assert prepared.way == "ink"
        assert prepared.is_inverted
        errors.append(float((prepared.picture - x).square().mean()))
    assert np.mean(errors) < 0.008  # 21 dB: it is laid anew, so it may move by part of a pixel
    assert np.max(errors) < 0.02


def test_a_digit_far_off_and_small_on_uneven_paper_is_found(mnist: Dataset) -> None:
    x = mnist.test.pixels(0, 1)
    ink = np.zeros((400, 300))
    ink[40:180, 130:270] = enlarged(bytes_of(x), 5) / 255
    light = 200 + 40 * np.linspace(-1, 1, 300)
    paper = (light * (1 - 0.8 * ink)).round().astype(np.uint8)
    paper[390, 20] = 60  # a speck, which must not widen the box
    prepared = prepare(as_file(paper), "mnist")
    assert prepared.way == "ink"
    assert float((prepared.picture - x).square().mean()) < 0.02


def test_ink_gets_the_data_sets_box_and_its_mass_the_middle() -> None:
    prepared = prepare(as_file(written(30)), "mnist", "ink")
    picture = prepared.picture[0, 0]
    rows, columns = (picture.amax(axis).gt(0.2).nonzero()[:, 0] for axis in (1, 0))
    longest = max(int(places[-1] - places[0]) + 1 for places in (rows, columns))
    assert longest in (20, 21)
    middles = torch.arange(28) + 0.5
    mass = picture.sum()
    assert float(picture.sum(1) @ middles / mass) == pytest.approx(14.5, abs=0.05)
    assert float(picture.sum(0) @ middles / mass) == pytest.approx(14.5, abs=0.05)


def test_a_thin_line_is_made_as_thick_as_the_data_sets_pen() -> None:
    thin, pen = (prepare(as_file(written(width)), "mnist", "ink") for width in (4, 42))
    assert any("thick" in step.words for step in thin.steps)
    assert not any("thick" in step.words for step in pen.steps)
    assert thin.picture.mean() == pytest.approx(float(pen.picture.mean()), rel=0.15)
    assert float((thin.picture - pen.picture).square().mean()) < 0.02


def test_the_steps_lead_from_what_was_read_to_what_is_given() -> None:
    prepared = prepare(as_file(written(30)), "mnist")
    words = [step.words for step in prepared.steps]
    assert words[0] == f"read, 400 {TIMES} 400 pixels, in grey"
    assert words[1:3] == ["dark ink found and made light, the rest black", "cropped to the ink"]
    assert words[3:] == [f"made 28 {TIMES} 28 pixels", "centred by its mass"]
    np.testing.assert_array_equal(prepared.steps[-1].picture, bytes_of(prepared.picture))
    assert all(max(step.picture.shape) <= 280 for step in prepared.steps)


def test_a_wide_picture_is_padded_with_what_its_border_is() -> None:
    wide = np.full((40, 80), 60, np.uint8)
    wide[10:30, 20:60] = 180
    prepared = prepare(as_file(wide), "mnist", "plain")
    assert [step.words for step in prepared.steps[1:]] == [
        "padded to a square, as its border is",
        f"made smaller, area by area: 28 {TIMES} 28 pixels",
    ]
    assert not prepared.is_inverted
    picture = bytes_of(prepared.picture)
    assert (picture[:7] == 60).all()
    assert (picture[12:16, 8:20] == 180).all()


def test_inverting_can_be_told() -> None:
    pixels = np.full((40, 40), 240, np.uint8)
    content = as_file(pixels)
    guessed, told = (prepare(content, "mnist", "plain", is_inverted=asked) for asked in (None, 0))
    assert guessed.steps[1].words == "inverted, since its border is light"
    assert (float(guessed.picture.max()), float(told.picture.min())) == (
        pytest.approx(15 / 255),
        pytest.approx(240 / 255),
    )


def test_a_data_set_of_few_levels_gets_only_those() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8), (256, 1))
    for content, way in ((as_file(ramp), "plain"), (as_file(written(50)), "ink")):
        prepared = prepare(content, "digits", way)
        sixteenths = prepared.picture * 16
        torch.testing.assert_close(sixteenths, sixteenths.round())
        assert "17 levels of grey" in prepared.steps[-1].words


def test_a_picture_can_be_made_as_small_as_one_to_be_enlarged(mnist: Dataset) -> None:
    x = mnist.test.pixels(0, 1)
    small = torch.nn.functional.avg_pool2d(x, 2)
    made = prepare(as_file(bytes_of(small)), "mnist", factor=2)
    assert made.picture.shape == (1, 1, 14, 14)
    torch.testing.assert_close(made.picture, small, rtol=0, atol=1 / 255)
    assert prepare(as_file(written(30)), "digits", factor=4).picture.shape == (1, 1, 2, 2)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_picture_is_taken_and_that_is_said(kind: str) -> None:
    prepared = prepare(animated(kind), "mnist", "plain")
    assert "the first of 3 pictures in the file" in prepared.steps[0].words
    assert float(prepared.picture.median()) == pytest.approx(9 / 255, abs=0.02)


def test_colours_palettes_transparency_and_depth_are_read_alike() -> None:
    grey = written(30)
    expected = prepare(as_file(grey), "mnist", "ink").picture
    pixels = np.asarray(grey)
    see_through = np.zeros((400, 400, 4), np.uint8)
    see_through[..., 3] = 255 - pixels.astype(int) * 255 // 235
    alike = {
        "16 bits": as_file(pixels.astype(np.uint16) * 257),
        "RGB": as_file(grey.convert("RGB")),
        "palette": as_file(grey.convert("P")),
        "palette with alpha": as_file(Image.fromarray(see_through).quantize(256)),
        "alpha": as_file(see_through),
        "CMYK": as_file(grey.convert("RGB").convert("CMYK"), "JPEG", quality=95),
        "progressive": as_file(grey.convert("RGB"), "JPEG", quality=95, progressive=True),
        "WebP": as_file(grey.convert("RGB"), "WEBP", lossless=True),
    }
    for name, content in alike.items():
        got = prepare(content, "mnist", "ink").picture
        assert float((got - expected).abs().max()) < 0.06, name


def test_a_photograph_lies_as_its_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    lying = written(30).rotate(90).crop((0, 0, 400, 380))
    prepared = prepare(as_file(lying, "JPEG", exif=exif, quality=95), "mnist")
    upright = prepare(as_file(written(30)), "mnist")
    assert prepared.steps[0].words.startswith(f"read, 380 {TIMES} 400 pixels")
    assert "turned as the camera was held" in prepared.steps[0].words
    assert float((prepared.picture - upright.picture).square().mean()) < 0.003


def test_a_mask_follows_its_picture_into_the_frame() -> None:
    pixels = np.zeros((56, 56), np.uint8)
    pixels[20:40, 24:32] = 255
    hidden = np.zeros((56, 56), np.uint8)
    hidden[30:43, :] = 255  # ends in the middle of a pixel of the data's
    prepared = prepare(as_file(pixels), "mnist", "plain")
    is_missing = read_mask(as_file(hidden), prepared)
    assert is_missing.shape == (1, 1, 28, 28)
    assert is_missing[0, 0].any(1).nonzero()[:, 0].tolist() == [15, 16, 17, 18, 19, 20, 21]
    laid = prepare(as_file(written(4)), "mnist", "ink")
    strokes = np.asarray(written(4)) < 100
    found = read_mask(as_file(strokes.astype(np.uint8) * 255), laid)
    assert bool(found[0, 0][laid.picture[0, 0] > 0.9].float().mean() > 0.6)
    assert not bool(found[laid.picture < 0.01].any())


@pytest.mark.parametrize("grey", [255, 100])  # 100: a line that lies between two pixels
@pytest.mark.parametrize("side", [1400, 1373])
def test_a_scratch_of_one_pixel_is_not_lost_on_the_way(side: int, grey: int) -> None:
    pixels, scratch = np.zeros((side, side), np.uint8), np.zeros((side, side), np.uint8)
    pixels[400:1000, 600:800] = 255
    scratch[77:, 701] = grey
    is_missing = read_mask(as_file(scratch), prepare(as_file(pixels), "mnist", "plain"))[0, 0]
    column = 701 * 28 // side
    assert is_missing[:, column].nonzero()[:, 0].tolist() == list(range(1, 28))
    assert int(is_missing.sum()) == 27


def test_what_jpeg_leaves_around_a_mask_hides_nothing() -> None:
    pixels, hole = np.zeros((560, 560), np.uint8), np.zeros((560, 560), np.uint8)
    pixels[100:400, 200:300] = 255
    hole[201:301, 201:301] = 255
    buffer = io.BytesIO()
    Image.fromarray(hole).save(buffer, format="JPEG", quality=75)
    is_missing = read_mask(buffer.getvalue(), prepare(as_file(pixels), "mnist", "plain"))[0, 0]
    rows, columns = is_missing.any(1).nonzero()[:, 0], is_missing.any(0).nonzero()[:, 0]
    assert rows.tolist() == columns.tolist() == [10, 11, 12, 13, 14, 15]


def test_a_mask_beside_what_was_kept_is_refused_and_it_is_said_why() -> None:
    pixels, mask = np.zeros((400, 400), np.uint8), np.zeros((400, 400), np.uint8)
    pixels[180:220, 195:205] = 255
    mask[:20] = 255
    with pytest.raises(InvalidInputError, match="hides no pixel of what was kept of the picture"):
        read_mask(as_file(mask), prepare(as_file(pixels), "mnist", "ink"))


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (np.zeros((20, 30), np.uint8), "mask of 30 x 20 pixels received for a picture of 40 x 40"),
        (np.zeros((40, 40), np.uint8), "The mask hides no pixel; expected white where"),
        (np.full((40, 40), 255, np.uint8), "The mask hides all pixels"),
    ],
)
def test_a_mask_that_means_nothing_is_refused(mask: np.ndarray, said: str) -> None:
    pixels = np.zeros((40, 40), np.uint8)
    pixels[10:30, 18:22] = 255
    with pytest.raises(InvalidInputError, match=said):
        read_mask(as_file(mask), prepare(as_file(pixels), "mnist", "plain"))
