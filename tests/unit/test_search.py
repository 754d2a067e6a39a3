"""Searching for a code: against closed forms, and against one pass on real digits."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.unit._linear import DIM, SIGMA, linear_model, weights
from vae_core import ConditionConfig, MLPConfig, build_model, damage, load_checkpoint
from vae_core.corruption import CORRUPTIONS, Damaged, hide
from vae_core.data import Dataset
from vae_core.distributions import DiagonalGaussian
from vae_core.errors import InvalidInputError, UnknownNameError
from vae_core.inference import decode
from vae_core.likelihoods import LIKELIHOODS
from vae_core.metrics import psnr_db
from vae_core.models import LatentModel
from vae_core.restoration import SearchStep, compare, keep_known, model_methods, search
from vae_core.restoration.search import search_result

Seeded = Callable[[int], torch.Generator]
HARD_DAMAGE = [
    ("half", 0.5, 2.0),
    ("masked-square", 0.4, 2.0),
    ("scribble", 0.3, 2.0),
    ("drop-out", 0.5, 4.0),
    ("down-sample", 4.0, 3.0),
    ("blur", 0.6, 4.0),
    ("gaussian", 0.5, 6.0),
    ("salt-and-pepper", 0.3, 7.0),
]


def last(model: LatentModel, damaged: Damaged, seed: int = 0, **settings: object) -> SearchStep:
    *_, end = search(model, damaged, seed=seed, **settings)  # type: ignore[arg-type]
    return end


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,), latent_dim=4), tiny.spec)


@pytest.fixture
def halved(tiny: Dataset, seeded: Seeded) -> Damaged:
    return damage(tiny.test.pixels(0, 6), "half", 0.5, seeded(0))


def most_probable(damaged: Damaged, prior_mean: Tensor, prior_std: Tensor) -> Tensor:
    """The z of x = W z + 1/2 + noise given the known pixels: (N, 3).

    (W' W / SIGMA^2 + 1 / s^2) z = W' (x - 1/2) / SIGMA^2 + m / s^2, with the rows of W that belong
    to known pixels.
    """
    assert damaged.known is not None
    found = []
    for x, known, m, s in zip(damaged.images, damaged.known, prior_mean, prior_std, strict=True):
        rows = weights()[known.flatten()].double()
        right = rows.T @ (x.flatten()[known.flatten()].double() - 0.5) / SIGMA**2 + m / s**2
        found.append(torch.linalg.solve(rows.T @ rows / SIGMA**2 + torch.diag(s**-2.0), right))
    return torch.stack(found)


# Closed forms


def test_of_a_linear_model_it_finds_the_most_probable_code(tiny: Dataset, seeded: Seeded) -> None:
    damaged = damage(tiny.test.pixels(), "drop-out", 0.5, seeded(0))
    found = last(linear_model(tiny.spec), damaged)
    shape = (len(damaged.images), DIM)
    exact = most_probable(damaged, torch.zeros(shape), torch.ones(shape))
    torch.testing.assert_close(found.z.double(), exact, rtol=0, atol=2e-3)


def test_a_prior_that_is_told_something_pulls_to_its_own_mean(
    tiny: Dataset, seeded: Seeded
) -> None:
    model = linear_model(tiny.spec, told=(ConditionConfig(name="class", into=("prior",)),))
    assert model.prior_head is not None
    with torch.no_grad():
        model.prior_head.weight.normal_(0, 0.3, generator=seeded(1))
    batch = tiny.test.batch(torch.arange(10))
    damaged = damage(batch.x, "half", 0.75, seeded(0))
    prior = model.prior(batch.conditions)
    assert isinstance(prior, DiagonalGaussian)
    *_, found = search(model, damaged, batch.conditions, seed=0)
    exact = most_probable(damaged, prior.mean.detach(), prior.std.detach())
    torch.testing.assert_close(found.z.double(), exact.detach(), rtol=0, atol=5e-3)
    torch.testing.assert_close(found.log_prior, prior.log_prob(found.z).detach())


@pytest.mark.parametrize("name", LIKELIHOODS)
def test_the_two_terms_are_the_models_own_and_add_up(
    tiny: Dataset, halved: Damaged, name: str
) -> None:
    model = build_model(MLPConfig(hidden=(16,), latent_dim=4, likelihood=name), tiny.spec)
    assert halved.known is not None
    for step in search(model, halved, seed=0, num_steps=10, num_frames=5):
        params = model.decode((step.z,))
        likelihood = model.likelihood.log_prob(params, halved.images, halved.known.float())
        torch.testing.assert_close(step.log_likelihood, likelihood, rtol=1e-4, atol=1e-3)
        prior = torch.distributions.Normal(0, 1).log_prob(step.z).sum(1)
        torch.testing.assert_close(step.log_prior, prior)
        assert torch.equal(step.log_joint, step.log_likelihood + step.log_prior)


# The way there


def test_it_shows_the_starts_then_steps_at_equal_distances(
    model: LatentModel, halved: Damaged
) -> None:
    steps = list(search(model, halved, seed=0, num_steps=10, num_frames=4))
    assert [step.step for step in steps] == [0, 3, 6, 9, 10]
    assert {step.num_steps for step in steps} == {10}
    few = list(search(model, halved, seed=0, num_steps=2, num_frames=40))
    assert [step.step for step in few] == [0, 1, 2]


@pytest.mark.parametrize("kind", ["half", "down-sample", "gaussian"])
def test_no_step_is_less_probable_than_the_one_before(
    model: LatentModel, tiny: Dataset, kind: str, seeded: Seeded
) -> None:
    levels = CORRUPTIONS[kind].levels
    damaged = damage(tiny.test.pixels(), kind, levels.default, seeded(0))
    steps = list(search(model, damaged, seed=0, num_frames=120))
    for before, after in pairwise(steps):
        assert bool((after.log_joint >= before.log_joint).all())
    assert float((steps[-1].log_joint - steps[0].log_joint).min()) > 0


def test_more_starts_begin_no_worse(model: LatentModel, halved: Damaged) -> None:
    first = [next(search(model, halved, seed=0, num_starts=n)).log_joint for n in (1, 2, 3, 16)]
    for fewer, more in pairwise(first):
        assert bool((more >= fewer).all())
    assert not torch.equal(first[0], first[-1])


def test_every_picture_is_the_decode_of_its_code_with_known_pixels_in_place(
    model: LatentModel, halved: Damaged
) -> None:
    for step in search(model, halved, seed=0, num_steps=6):
        assert torch.equal(step.images[..., :4, :], halved.images[..., :4, :])
        decoded = decode(model, step.z)[..., 4:, :]
        torch.testing.assert_close(step.images[..., 4:, :], decoded)


# What it leaves alone, and what it depends on


def test_it_changes_nothing_but_its_result(model: LatentModel, halved: Damaged) -> None:
    weights_before = {name: value.clone() for name, value in model.state_dict().items()}
    images, state = halved.images.clone(), torch.get_rng_state()
    last(model, halved, num_steps=3)
    for name, value in model.state_dict().items():
        assert torch.equal(value, weights_before[name])
    for parameter in model.parameters():
        assert parameter.grad is None
        assert parameter.requires_grad
    assert torch.equal(halved.images, images)
    assert torch.equal(torch.get_rng_state(), state)


def test_its_seed_decides(model: LatentModel, halved: Damaged) -> None:
    first, again = (last(model, halved, seed=5, num_steps=5) for _ in range(2))
    other = last(model, halved, seed=6, num_steps=5, num_starts=16)
    for name in ("images", "z", "log_joint", "log_likelihood", "log_prior"):
        assert torch.equal(getattr(first, name), getattr(again, name))
    assert not torch.equal(first.z, other.z)


def test_no_image_depends_on_those_beside_it(
    model: LatentModel, halved: Damaged, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = last(model, halved)
    alone = last(model, halved.rows(slice(2, 3)))
    torch.testing.assert_close(together.log_joint[2:3], alone.log_joint)
    torch.testing.assert_close(together.images[2:3], alone.images, rtol=0, atol=1e-3)
    monkeypatch.setitem(search_result.__globals__, "BATCH_SIZE", 4)
    torch.testing.assert_close(search_result(model, halved), together.images, rtol=0, atol=1e-3)


@pytest.mark.parametrize("kind", ["half", "down-sample", "gaussian"])
@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_works_where_gradients_are_off_and_leaves_them_off(
    tiny: Dataset, seeded: Seeded, kind: str, mode: Callable[[], torch.no_grad]
) -> None:
    config = MLPConfig(hidden=(16,), conditions=(ConditionConfig(name="class"),))
    model = build_model(config, tiny.spec)
    clean, labels = tiny.test.pixels(0, 3), tiny.test.labels[:3]
    level = CORRUPTIONS[kind].levels.default
    damaged = damage(clean, kind, level, seeded(0))
    *_, expected = search(model, damaged, {"class": labels}, seed=0, num_steps=4)
    with mode():
        inside = damage(clean.clone(), kind, level, seeded(0))
        found = search(model, inside, {"class": labels.clone()}, seed=0, num_steps=4)
        assert next(found).step == 0
        assert not torch.is_grad_enabled()
        assert torch.is_inference_mode_enabled() == (mode is torch.inference_mode)
        *_, end = found
    assert torch.equal(end.images, expected.images)


def test_no_images_give_no_images(model: LatentModel, halved: Damaged) -> None:
    none = halved.rows(slice(0, 0))
    assert last(model, none, num_steps=2).images.shape == (0, 1, 8, 8)
    assert search_result(model, none).shape == (0, 1, 8, 8)


# What it can't do


class Brittle:
    """A likelihood that breaks for codes which make a bright picture."""

    def __init__(self, likelihood: object, limit: float) -> None:
        self.inner, self.limit = likelihood, limit

    def log_prob(self, params: Tensor, x: Tensor, mask: Tensor | None = None) -> Tensor:
        nats: Tensor = self.inner.log_prob(params, x, mask)  # type: ignore[attr-defined]
        bright = params.detach().flatten(-3).mean(-1) > self.limit
        return nats.masked_fill(bright, math.nan)

    def mean(self, params: Tensor) -> Tensor:
        mean: Tensor = self.inner.mean(params)  # type: ignore[attr-defined]
        return mean


def test_where_numbers_break_it_goes_back_to_the_best(tiny: Dataset, seeded: Seeded) -> None:
    model = linear_model(tiny.spec)
    damaged = damage(torch.ones(4, 1, 8, 8), "half", 0.5, seeded(0))
    free = last(model, damaged)
    model.likelihood = Brittle(model.likelihood, 0.52)  # type: ignore[assignment]
    steps = list(search(model, damaged, seed=0, num_starts=2))
    assert bool(steps[-1].log_joint.isfinite().all())
    assert bool((steps[-1].log_joint > steps[0].log_joint).all())
    assert bool((steps[-1].log_joint < free.log_joint).all())


def test_images_and_models_that_are_no_numbers_are_refused(
    model: LatentModel, halved: Damaged
) -> None:
    halved.images[3] = math.nan
    with pytest.raises(InvalidInputError, match="Image 3 holds values that are no finite numbers"):
        next(search(model, halved, seed=0))
    halved.images[3] = 0.0
    for parameter in model.parameters():
        parameter.data.fill_(math.inf)
    with pytest.raises(InvalidInputError, match="gives numbers that are not finite"):
        next(search(model, halved, seed=0))


def test_an_autoencoder_has_no_prior_to_search_with(tiny: Dataset, halved: Damaged) -> None:
    model = build_model(MLPConfig(hidden=(16,), posterior="point"), tiny.spec)
    with pytest.raises(InvalidInputError, match=r"has no prior .* expects a VAE"):
        search(model, halved, seed=0)


@pytest.mark.parametrize("setting", ["num_starts", "num_steps", "num_frames"])
@pytest.mark.parametrize("value", [-1, 0, 10_000])
def test_numbers_without_sense_or_end_are_refused(
    model: LatentModel, halved: Damaged, setting: str, value: int
) -> None:
    noun = setting.removeprefix("num_")
    with pytest.raises(InvalidInputError, match=f"{value} {noun} of a search received; expected 1"):
        search(model, halved, seed=0, **{setting: value})


def test_what_does_not_fit_is_refused_before_the_first_step(
    model: LatentModel, tiny: Dataset, halved: Damaged, seeded: Seeded
) -> None:
    squeezed = damage(tiny.test.pixels(0, 2), "jpeg", 0.5, seeded(0))
    with pytest.raises(InvalidInputError, match="Damage 'jpeg' received"):
        search(model, squeezed, seed=0)
    large = damage(torch.rand(1, 1, 9, 9), "half", 0.5, seeded(0))
    with pytest.raises(InvalidInputError, match=r"\(1, 9, 9\) received"):
        search(model, large, seed=0)
    config = MLPConfig(hidden=(16,), conditions=(ConditionConfig(name="class"),))
    told, labels = build_model(config, tiny.spec), torch.zeros(6, dtype=torch.int64)
    with pytest.raises(UnknownNameError, match="Unknown condition 'clas'"):
        search(told, halved, {"clas": labels}, seed=0)


# On real digits


@pytest.mark.parametrize(("kind", "level", "gain_db"), HARD_DAMAGE)
def test_it_beats_one_pass_on_mnist(
    mnist: Dataset, bundled: Path, kind: str, level: float, gain_db: float, seeded: Seeded
) -> None:
    clean = mnist.test.pixels(0, 40 if kind == "half" else 12)
    damaged = damage(clean, kind, level, seeded(0))
    methods = model_methods(load_checkpoint(bundled / "mnist-16d").model)
    scored = compare([methods["one-pass"], methods["search"]], clean, damaged)
    means = {name: float(one.psnr_db.mean()) for name, one in scored.items()}
    assert means["search"] >= means["one-pass"] + gain_db
    for one in scored.values():
        assert torch.equal(keep_known(one.images, damaged), one.images)


def test_holes_made_by_hand_are_filled(digits: Dataset, bundled: Path) -> None:
    clean = digits.test.pixels(0, 30)
    is_missing = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    is_missing[..., 2:6, 3:6] = True
    damaged = hide(clean, is_missing)
    methods = model_methods(load_checkpoint(bundled / "digits-denoise-16d").model)
    scored = compare([methods["one-pass"], methods["search"]], clean, damaged)
    means = {name: float(one.psnr_db.mean()) for name, one in scored.items()}
    assert means["search"] > means["one-pass"] > means["damaged"]


def test_the_right_class_explains_half_a_digit_better_than_a_wrong_one(
    digits: Dataset, bundled: Path, seeded: Seeded
) -> None:
    model = load_checkpoint(bundled / "digits-cvae-2d").model
    batch = digits.test.batch(torch.arange(40))
    damaged = damage(batch.x, "half", 0.5, seeded(0))
    wrong = {"class": (batch.conditions["class"] + 1) % 10}
    found = {}
    for name, told in (("right", batch.conditions), ("wrong", wrong)):
        *_, found[name] = search(model, damaged, told, seed=0)
    is_better = found["right"].log_joint > found["wrong"].log_joint
    assert float(is_better.float().mean()) > 0.9
    psnr = {name: float(psnr_db(one.images, batch.x).mean()) for name, one in found.items()}
    assert psnr["right"] > psnr["wrong"] + 1
