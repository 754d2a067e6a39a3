"""Every model of the registry, at every size it promises."""

from collections.abc import Callable

import pytest
import torch
from torch import nn
from torch.nn import functional

from vae_core.config import RunConfig, TrainConfig
from vae_core.data import Batch, DataSpec
from vae_core.distributions import DiagonalGaussian, Point, StandardNormal
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError
from vae_core.inference import reconstruct
from vae_core.learner import Learner
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models import MODELS, ConvConfig, LatentConfig, MLPConfig, build_model, model_entry

Seeded = Callable[[int], torch.Generator]
MakeSpec = Callable[[tuple[int, int, int]], DataSpec]

SMALL: dict[str, dict[str, object]] = {
    "mlp": {"hidden": (48,)},
    "conv": {"channels": (8, 16), "hidden": (48,)},
}
every_model = pytest.mark.parametrize("name", MODELS)
every_posterior = pytest.mark.parametrize("posterior", ["gaussian", "point"])
every_likelihood = pytest.mark.parametrize("likelihood", LIKELIHOODS)
every_size = pytest.mark.parametrize("size", [8, 13, 28, 30, 64])


def small(name: str, **changes: object) -> LatentConfig:
    return MODELS[name].config.parse(SMALL[name] | changes)


@every_model
@every_posterior
@every_size
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_gradients_hold_at_every_size(
    name: str, posterior: str, size: int, channels: int, make_spec: MakeSpec, seeded: Seeded
) -> None:
    shape = (channels, size, size)
    model = build_model(small(name, latent_dim=3, posterior=posterior), make_spec(shape))
    output = model(torch.rand(4, *shape, generator=seeded(0)), generator=seeded(1))
    (term,) = output.latents
    assert output.params.shape == (4, *shape)
    assert term.z.shape == term.posterior.mean.shape == (4, 3)
    assert type(term.posterior) is (DiagonalGaussian if posterior == "gaussian" else Point)
    assert term.prior == (StandardNormal((3,)) if posterior == "gaussian" else None)
    assert model.capabilities.has_prior == (posterior == "gaussian")
    assert model.capabilities.can_encode
    output.params.square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in model.parameters())


@every_model
@every_posterior
@every_size
def test_it_overfits_one_batch(
    name: str, posterior: str, size: int, make_spec: MakeSpec, seeded: Seeded
) -> None:
    coarse = torch.rand(6, 1, 4, 4, generator=seeded(0)).round()
    x = functional.interpolate(coarse, size=(size, size), mode="bilinear")
    config = RunConfig.model_construct(
        model=small(name, latent_dim=8, posterior=posterior),
        train=TrainConfig(
            epochs=1, batch_size=6, learning_rate=1e-2, schedule="constant", beta=0.1
        ),
        seed=0,
    )
    learner = Learner(config, make_spec((1, size, size)), num_items=6 * 150)
    batch = Batch(x=x, target=x, index=torch.arange(6))
    for _ in range(150):
        learner.step(batch)
    error = (reconstruct(learner.model, x) - x).square().mean()
    assert float(error) < 0.1 * float(x.var(0).mean())


@every_model
@every_likelihood
@pytest.mark.parametrize("shape", [(1, 13, 8), (3, 8, 16)])
def test_every_likelihood_gets_its_planes_from_every_decoder(
    name: str, likelihood: str, shape: tuple[int, int, int], make_spec: MakeSpec, seeded: Seeded
) -> None:
    model = build_model(small(name, likelihood=likelihood), make_spec(shape))
    x = torch.rand(4, *shape, generator=seeded(0))
    params = model(x, generator=seeded(1)).params
    channels, height, width = shape
    assert params.shape == (4, model.likelihood.params_per_value * channels, height, width)
    picture = model.likelihood.mean(params.detach())
    assert picture.shape == x.shape
    assert 0.0 <= float(picture.min()) <= float(picture.max()) <= 1.0
    nats = model.likelihood.log_prob(params, x)
    assert nats.shape == (4,)
    nats.sum().backward()
    learned = dict(model.decoder.named_parameters()) | dict(
        model.likelihood.named_parameters() if isinstance(model.likelihood, nn.Module) else ()
    )
    for part, value in learned.items():
        assert value.grad is not None, part
        assert bool(value.grad.isfinite().all()), part
        assert bool(value.grad.any()), part


@every_model
@every_likelihood
def test_every_likelihood_overfits_one_batch(
    name: str, likelihood: str, make_spec: MakeSpec, seeded: Seeded
) -> None:
    coarse = torch.rand(6, 1, 4, 4, generator=seeded(0)).round()
    x = (functional.interpolate(coarse, size=(8, 8), mode="bilinear") * 255).round() / 255
    config = RunConfig.model_construct(
        model=small(name, latent_dim=8, likelihood=likelihood),
        train=TrainConfig(
            epochs=1, batch_size=6, learning_rate=1e-2, schedule="constant", beta=0.1
        ),
        seed=0,
    )
    learner = Learner(config, make_spec((1, 8, 8)), num_items=6 * 300)
    batch = Batch(x=x, target=x, index=torch.arange(6))
    first = learner.step(batch).total.item()
    for _ in range(300):
        last = learner.step(batch).total.item()
    error = (reconstruct(learner.model, x) - x).square().mean()
    assert float(error) < 0.2 * float(x.var(0).mean())
    assert last < first - 10


def test_only_a_shared_sigma_adds_a_weight_and_the_others_keep_the_names_of_old_files(
    make_spec: MakeSpec,
) -> None:
    def names(likelihood: str) -> set[str]:
        return set(
            build_model(small("mlp", likelihood=likelihood), make_spec((1, 8, 8))).state_dict()
        )

    plain = {
        f"{part}.{kind}"
        for part in ("encoder.1", "head", "decoder.0", "decoder.2")
        for kind in ("weight", "bias")
    }
    for likelihood in LIKELIHOODS:
        more = {"likelihood.raw_log_sigma"} if likelihood == "gaussian-shared" else set()
        assert names(likelihood) == plain | more


@pytest.mark.parametrize("channels", [(4,), (4,) * 4])
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 9, 17), (3, 13, 64), (1, 63, 33)])
def test_conv_restores_any_shape_at_any_depth(
    channels: tuple[int, ...], shape: tuple[int, int, int], make_spec: MakeSpec
) -> None:
    model = build_model(ConvConfig(channels=channels, hidden=(8,)), make_spec(shape))
    assert model(torch.rand(2, *shape)).params.shape == (2, *shape)


@every_model
@every_posterior
@pytest.mark.parametrize("latent_dim", [1, 64])
def test_the_smallest_and_the_largest_latent_work(
    name: str, posterior: str, latent_dim: int, make_spec: MakeSpec, seeded: Seeded
) -> None:
    config = small(name, latent_dim=latent_dim, posterior=posterior)
    model = build_model(config, make_spec((1, 8, 8)))
    z = torch.randn(5, latent_dim, generator=seeded(0))
    assert model.decode((z,)).shape == (5, 1, 8, 8)
    assert model.encode(torch.rand(5, 1, 8, 8)).mean.shape == (5, latent_dim)


@every_model
@pytest.mark.parametrize("shape", [(1, 7, 8), (1, 8, 7), (1, 65, 64), (1, 64, 65), (2, 28, 28)])
def test_images_of_other_shapes_are_refused(
    name: str, shape: tuple[int, int, int], make_spec: MakeSpec
) -> None:
    with pytest.raises(InvalidConfigError, match=r"received; models expect 1 or 3 .* 8 to 64"):
        build_model(small(name), make_spec(shape))


@every_model
@pytest.mark.parametrize("shape", [(2, 1, 8, 9), (2, 3, 8, 8), (1, 8, 8), (8, 8), (2, 64)])
def test_an_image_of_the_wrong_shape_is_refused(
    name: str, shape: tuple[int, ...], make_spec: MakeSpec
) -> None:
    model = build_model(small(name), make_spec((1, 8, 8)))
    with pytest.raises(InvalidInputError, match=r"Images of shape .* expects \(1, 8, 8\)"):
        model.encode(torch.zeros(shape))


@every_model
@pytest.mark.parametrize("shape", [(2, 3), (2,), (1, 2, 3), (1, 1, 1, 2)])
def test_a_latent_of_the_wrong_shape_is_refused(
    name: str, shape: tuple[int, ...], make_spec: MakeSpec
) -> None:
    model = build_model(small(name, latent_dim=2), make_spec((1, 8, 8)))
    with pytest.raises(InvalidInputError, match=r"Latents of shape .* expects \(batch, 2\)"):
        model.decode((torch.zeros(shape),))


@every_model
def test_weights_depend_on_the_seed_alone(name: str, make_spec: MakeSpec) -> None:
    def weights(seed: int) -> torch.Tensor:
        model = build_model(small(name), make_spec((1, 8, 8)), seed)
        return torch.nn.utils.parameters_to_vector(model.parameters())

    first = weights(7)
    torch.rand(11)
    assert torch.equal(weights(7), first)
    assert not torch.equal(weights(8), first)


@every_model
def test_building_leaves_the_global_generator_as_it_was(name: str, make_spec: MakeSpec) -> None:
    state = torch.get_rng_state()
    build_model(small(name), make_spec((1, 8, 8)), seed=7)
    assert torch.equal(torch.get_rng_state(), state)


@every_model
def test_sampling_depends_on_the_generator_and_not_on_the_mode(
    name: str, make_spec: MakeSpec, seeded: Seeded
) -> None:
    model = build_model(small(name), make_spec((1, 8, 8)))
    x = torch.rand(3, 1, 8, 8, generator=seeded(0))
    in_training = model.train()(x, generator=seeded(4))
    in_evaluation = model.eval()(x, generator=seeded(4))
    assert torch.equal(in_training.params, in_evaluation.params)
    assert not torch.equal(in_training.latents[0].z, in_training.latents[0].posterior.mean)
    for mode in (True, False):
        (term,) = model.train(mode).infer(x)
        assert torch.equal(term.z, term.posterior.mean)


@every_model
@pytest.mark.parametrize("size", [1e3, -1e3, 1e6])
def test_an_encoder_that_runs_away_keeps_spread_and_gradients_finite(
    name: str, size: float, make_spec: MakeSpec
) -> None:
    model = build_model(small(name), make_spec((1, 8, 8)))
    with torch.no_grad():
        model.head.bias[model.latent_dim :] = size
    posterior = model.encode(torch.rand(3, 1, 8, 8))
    assert isinstance(posterior, DiagonalGaussian)
    assert bool((posterior.logvar.abs() <= 10.0).all())
    posterior.kl().sum().backward()
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters() if p.grad is not None)


def test_an_unknown_model_is_answered_with_the_names_there_are() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown model 'cnv'\. Expected one of: conv, mlp"):
        model_entry("cnv")


def test_the_registry_agrees_with_the_names_in_the_configurations() -> None:
    assert {name: entry.config().name for name, entry in MODELS.items()} == {
        name: name for name in (MLPConfig().name, ConvConfig().name)
    }
