"""Classical filters as methods: what they are meant for, and what all of them keep to."""

from collections.abc import Callable

import pytest
import torch

from vae_core.corruption import CORRUPTIONS, corrupt, damage, given
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.metrics import psnr_db
from vae_core.restoration import classical_methods

Seeded = Callable[[int], torch.Generator]

CHANGED = ("gaussian", "salt-and-pepper", "speckle", "poisson", "blur", "jpeg")
MISSING = ("masked-square", "half", "scribble", "drop-out")
FIT = {
    "median": {*CORRUPTIONS},
    "gaussian": {*CORRUPTIONS},
    "tv": {*CHANGED},
    "wavelet": {*CHANGED},
    "nl-means": {*CHANGED},
    "deconvolution": {"blur"},
    "bicubic": {"down-sample"},
    "biharmonic": {*MISSING},
}


def test_each_method_says_what_it_is_meant_for() -> None:
    methods = classical_methods("digits")
    assert {
        name: {kind for kind in CORRUPTIONS if methods[name].fits(kind)} for name in methods
    } == FIT
    assert {method.family for method in methods.values()} == {"classical"}


def test_damage_that_a_method_is_not_meant_for_is_refused(tiny: Dataset, seeded: Seeded) -> None:
    damaged = damage(tiny.test.pixels(), "half", 0.5, seeded(0))
    with pytest.raises(InvalidInputError, match=r"Damage 'half' received; Bicubic .* down-sample"):
        classical_methods("digits")["bicubic"].restore(damaged, {}, 0)
    with pytest.raises(UnknownNameError, match="Unknown data set 'flowers'"):
        classical_methods("flowers")


@pytest.mark.parametrize(("dataset", "side"), [("digits", 8), ("mnist", 28)])
@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_every_method_is_pure_and_clipped_and_keeps_what_is_known(
    kind: str, dataset: str, side: int, seeded: Seeded
) -> None:
    x = torch.rand(2, 3, side, side, generator=seeded(0))
    levels = CORRUPTIONS[kind].levels
    for level in (levels.default, levels.choices[-1]):
        damaged = damage(x, kind, level, seeded(1))
        before = damaged.images.clone()
        for method in classical_methods(dataset).values():
            if method.fits(kind):
                restored = method.restore(damaged, {}, 0).images
                assert torch.equal(damaged.images, before)
                assert restored.shape == x.shape
                assert restored.dtype == x.dtype
                assert 0.0 <= float(restored.min()) <= float(restored.max()) <= 1.0
                if damaged.known is not None:
                    shown = damaged.known.expand_as(x)
                    assert torch.equal(restored[shown], x[shown])


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_an_image_does_not_depend_on_its_neighbours_nor_grey_on_its_channels(
    kind: str, seeded: Seeded
) -> None:
    grey = torch.rand(3, 1, 8, 8, generator=seeded(0))
    damaged = damage(grey, kind, CORRUPTIONS[kind].levels.default, seeded(1))
    colour = damage(grey, kind, CORRUPTIONS[kind].levels.default, seeded(1))
    object.__setattr__(colour, "images", damaged.images.expand(3, 3, 8, 8))
    for method in classical_methods("digits").values():
        if method.fits(kind):
            whole = method.restore(damaged, {}, 0).images
            alone = method.restore(damaged.rows(slice(1, 2)), {}, 0).images
            torch.testing.assert_close(alone, whole[1:2])
            torch.testing.assert_close(
                method.restore(colour, {}, 0).images, whole.expand(3, 3, 8, 8), atol=1e-5, rtol=0
            )


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_where_there_is_no_damage_nothing_is_changed(kind: str, tiny: Dataset) -> None:
    x = tiny.test.pixels()
    damaged = damage(x, kind, CORRUPTIONS[kind].levels.choices[0], torch.Generator())
    for method in classical_methods("digits").values():
        if method.fits(kind):
            assert torch.equal(method.restore(damaged, {}, 0).images, x)


@pytest.mark.parametrize(
    ("kind", "level", "method", "gain_db"),
    [
        ("gaussian", 0.5, "median", 4.0),
        ("gaussian", 0.2, "nl-means", 3.5),
        ("salt-and-pepper", 0.3, "median", 6.0),
        ("speckle", 0.8, "wavelet", 1.0),
        ("drop-out", 0.5, "biharmonic", 8.0),
        ("drop-out", 0.5, "gaussian", 6.0),
        ("scribble", 0.3, "biharmonic", 2.0),
        ("down-sample", 2.0, "bicubic", 1.5),
        ("blur", 0.6, "deconvolution", 15.0),
        ("blur", 0.7, "deconvolution", 15.0),  # between two levels that were measured
        ("blur", 0.9, "deconvolution", 12.0),
        ("blur", 1.0, "deconvolution", 12.0),
    ],
)
def test_filters_help_where_they_are_known_to(
    kind: str, level: float, method: str, gain_db: float, mnist: Dataset, seeded: Seeded
) -> None:
    clean = mnist.test.pixels(0, 20)
    damaged = damage(clean, kind, level, seeded(0))
    restored = classical_methods("mnist")[method].restore(damaged, {}, 0).images
    gain = psnr_db(restored, clean).mean() - psnr_db(damaged.images, clean).mean()
    assert float(gain) >= gain_db


@pytest.mark.parametrize("said", [0.5, 0.6, 0.65])
def test_a_picture_that_came_blurred_gets_sharper_though_its_level_is_a_guess(
    said: float, mnist: Dataset, seeded: Seeded
) -> None:
    clean = mnist.test.pixels(0, 20)
    blurred = (corrupt(clean, "blur", 0.6, seeded(0)) * 255).round() / 255
    method = classical_methods("mnist")["deconvolution"]
    restored = method.restore(given(blurred, "blur", said), {}, 0).images
    assert float((psnr_db(restored, clean) - psnr_db(blurred, clean)).mean()) > 3
    part = given(blurred, "blur", said).rows(slice(3, 5))
    torch.testing.assert_close(method.restore(part, {}, 0).images, restored[3:5])
