"""What data sets tell beside the pictures: classes, and how the ink lies."""

import math

import pytest
import torch

from vae_core.data import DATASETS, Dataset, DataSpec, ImageSource
from vae_core.data import base as data_base
from vae_core.data.moments import STROKE_ENTRIES, stroke_moments


def measured(picture: list[str]) -> dict[str, float]:
    image = torch.tensor([[int(c) for c in row] for row in picture], dtype=torch.uint8)
    values = stroke_moments(image[None, None], levels=2)
    return dict(zip(STROKE_ENTRIES, values[0].tolist(), strict=True))


def test_ink_is_the_mean_brightness() -> None:
    assert measured(["1000", "0100", "0000", "0000"])["ink"] == pytest.approx(2 / 16)
    grey = torch.full((1, 1, 8, 8), 8, dtype=torch.uint8)
    assert float(stroke_moments(grey, levels=17)[0, 0]) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("picture", "slant"),
    [
        (["0100", "0100", "0100", "0100"], 0.0),
        (["0001", "0010", "0100", "1000"], 1.0),
        (["1000", "0100", "0010", "0001"], -1.0),
        (["00100", "00000", "01000"], 0.5),
    ],
)
def test_slant_is_pixels_to_the_right_for_each_pixel_upwards(
    picture: list[str], slant: float
) -> None:
    assert measured(picture)["slant"] == pytest.approx(slant, abs=1e-6)


def test_width_does_not_grow_with_the_slant() -> None:
    upright = measured(["001100", "001100", "001100"])
    leaning = measured(["000110", "001100", "011000"])
    assert upright["width"] == pytest.approx(0.5 / 6)
    assert leaning["slant"] == pytest.approx(1.0)
    assert leaning["width"] == pytest.approx(upright["width"], abs=1e-6)


def test_moments_agree_with_a_loop_over_pixels(digits: Dataset) -> None:
    picture = digits.train.images[3, 0].double() / 16
    places = [(x, 7 - y, float(picture[y, x])) for y in range(8) for x in range(8)]
    total = sum(m for *_, m in places)
    mx, my = (sum(p[i] * p[2] for p in places) / total for i in (0, 1))
    xx = sum(m * (x - mx) ** 2 for x, _, m in places) / total
    xy = sum(m * (x - mx) * (y - my) for x, y, m in places) / total
    yy = sum(m * (y - my) ** 2 for _, y, m in places) / total
    expected = [total / 64, xy / yy, math.sqrt(xx - xy**2 / yy) / 8]
    assert stroke_moments(digits.train.images[3:4], 17)[0].tolist() == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize("picture", [["000", "000", "000"], ["000", "111", "000"]])
def test_a_picture_that_has_no_slant_is_unknown(picture: list[str]) -> None:
    assert all(math.isnan(value) for value in measured(picture).values())


def test_colour_counts_by_its_mean_and_chunks_change_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = torch.randint(256, (10, 3, 9, 7), generator=torch.Generator().manual_seed(0)).byte()
    whole = stroke_moments(images, 256)
    grey = images.float().mean(1, keepdim=True)
    torch.testing.assert_close(whole[:, 0], grey.mean((1, 2, 3)) / 255)
    monkeypatch.setattr("vae_core.data.moments.CHUNK", 3)
    torch.testing.assert_close(stroke_moments(images, 256), whole)
    assert stroke_moments(images[:0], 256).shape == (0, 3)


def test_every_data_set_says_what_it_offers() -> None:
    for entry in DATASETS.values():
        by_name = {condition.name: condition for condition in entry.spec.conditions}
        assert list(by_name) == ["class", "strokes"]
        assert by_name["class"].class_names == entry.spec.class_names
        assert by_name["strokes"].entries == STROKE_ENTRIES


def test_a_batch_holds_classes_and_strokes_of_its_items(digits: Dataset) -> None:
    indices = torch.tensor([7, 0, 7])
    batch = digits.test.batch(indices)
    assert set(batch.conditions) == {condition.name for condition in digits.spec.conditions}
    assert torch.equal(batch.conditions["class"], digits.test.labels[indices])
    strokes = digits.test.conditions()["strokes"]
    assert (strokes.shape, strokes.dtype) == ((300, 3), torch.float32)
    assert torch.equal(batch.conditions["strokes"], strokes[indices])
    assert torch.equal(digits.test.conditions(slice(3, 5))["strokes"], strokes[3:5])


def test_strokes_are_standardised_by_the_training_split(digits: Dataset) -> None:
    strokes = digits.train.conditions()["strokes"]
    torch.testing.assert_close(strokes.mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(strokes.std(0, correction=0), torch.ones(3), atol=1e-5, rtol=0)
    raw = stroke_moments(digits.train.images, 17)
    expected = (stroke_moments(digits.test.images, 17) - raw.mean(0)) / raw.std(0, correction=0)
    torch.testing.assert_close(digits.test.conditions()["strokes"], expected)


def test_a_set_of_blank_or_equal_pictures_gives_no_infinite_strokes(tiny: Dataset) -> None:
    blank = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    equal = tiny.train.images[:1].repeat(4, 1, 1, 1)
    for images, expected in ((blank, torch.nan), (equal, 0.0)):
        train = ImageSource(tiny.spec, images, torch.zeros(4, dtype=torch.int64))
        data = Dataset(tiny.spec, train, tiny.val, train)
        torch.testing.assert_close(
            data.test.conditions()["strokes"], torch.full((4, 3), expected), equal_nan=True
        )


def test_nothing_is_measured_until_it_is_asked_for(
    tiny: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> torch.Tensor:
        raise AssertionError("measured although nobody asked")

    monkeypatch.setattr(data_base, "stroke_moments", refuse)
    source = ImageSource(tiny.spec, tiny.train.images, tiny.train.labels)
    assert len(source.batch(torch.arange(3)).conditions["class"]) == 3
    with pytest.raises(AssertionError, match="nobody asked"):
        source.batch(torch.arange(3)).conditions["strokes"]


def test_a_description_from_before_there_were_conditions_is_read(digits: Dataset) -> None:
    old = digits.spec.model_dump(mode="json")
    del old["conditions"]
    assert DataSpec.parse(old).conditions == ()
    assert DataSpec.parse(digits.spec.model_dump(mode="json")) == digits.spec
