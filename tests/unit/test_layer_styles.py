"""Activation, norm and dropout; and that the defaults are what they always were."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from vae_core.data import DataSpec
from vae_core.errors import InvalidConfigError
from vae_core.models import MODELS, ConvConfig, LatentModel, MLPConfig, build_model
from vae_core.models.blocks import ACTIVATIONS, NORMS

Seeded = Callable[[int], torch.Generator]
MakeSpec = Callable[[tuple[int, int, int]], DataSpec]
SMALL: dict[str, dict[str, object]] = {
    "mlp": {"hidden": (48, 32)},
    "conv": {"channels": (8, 16), "hidden": (48,)},
}
every_model = pytest.mark.parametrize("name", MODELS)


def build(name: str, make_spec: MakeSpec, **changes: object) -> LatentModel:
    config = MODELS[name].config.parse(SMALL[name] | changes)
    return build_model(config, make_spec((1, 8, 8)))


@pytest.mark.parametrize(
    ("config", "names", "sums"),
    [
        (
            MLPConfig(hidden=(16,)),
            "encoder.1 head decoder.0 decoder.2",
            (2244, 6.51046371657867, 8.697417024159755),
        ),
        (
            ConvConfig(channels=(4, 8), hidden=(16,)),
            "encoder.0 encoder.2 encoder.5 head decoder.0 decoder.2 decoder.5 decoder.7",
            (1853, 4.148926726687932, -1.7501884808355093),
        ),
    ],
)
def test_default_models_keep_the_names_and_first_values_of_their_weights(
    config: MLPConfig, names: str, sums: tuple[int, float, float], make_spec: MakeSpec
) -> None:
    # Taken before there were conditions, norms and dropout: bundled weights depend on the names,
    # repeated runs on the values.
    model = build_model(config, make_spec((1, 8, 8)), seed=3)
    expected = [f"{layer}.{kind}" for layer in names.split() for kind in ("weight", "bias")]
    assert list(model.state_dict()) == expected
    flat = nn.utils.parameters_to_vector(model.parameters()).double()
    waves = torch.cos(torch.arange(len(flat)).double())
    found = (len(flat), flat.sum().item(), (flat * waves).sum().item())
    assert found == pytest.approx(sums, rel=1e-9)


@every_model
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_every_style_trains_and_samples_the_same_in_evaluation(
    name: str, activation: str, norm: str, dropout: float, make_spec: MakeSpec, seeded: Seeded
) -> None:
    model = build(name, make_spec, activation=activation, norm=norm, dropout=dropout)
    layers = list(model.modules())
    assert sum(isinstance(layer, type(ACTIVATIONS[activation]())) for layer in layers) > 3
    assert any(isinstance(layer, nn.Dropout) for layer in layers) == (dropout > 0)
    x = torch.rand(6, 1, 8, 8, generator=seeded(0))
    output = model.train()(x, seeded(1))
    (output.params.square().sum() + output.latents[0].kl().sum()).backward()
    assert all(bool(p.grad.isfinite().all()) for p in model.parameters())
    model.eval()
    assert torch.equal(model(x, seeded(1)).params, model(x, seeded(1)).params)


@every_model
@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_norms_make_the_layers_scale_free(
    name: str, norm: str, make_spec: MakeSpec, seeded: Seeded
) -> None:
    model = build(name, make_spec, norm=norm, activation="tanh").train()
    x = torch.rand(16, 1, 8, 8, generator=seeded(0))
    before = model(x).params
    first = next(layer for layer in model.encoder if isinstance(layer, (nn.Linear, nn.Conv2d)))
    with torch.no_grad():
        first.weight *= 50.0
        first.bias *= 50.0
    torch.testing.assert_close(model(x).params, before, atol=2e-3, rtol=1e-2)


def test_layer_norm_is_that_of_torch(seeded: Seeded) -> None:
    (norm,) = NORMS["layer"](6)
    x = torch.randn(5, 6, generator=seeded(0))
    torch.testing.assert_close(norm(x), nn.LayerNorm(6)(x))
    x = torch.randn(5, 6, 4, 3, generator=seeded(0))
    torch.testing.assert_close(norm(x), nn.LayerNorm((6, 4, 3))(x))


def test_batch_norm_is_that_of_torch_and_bears_a_single_image(seeded: Seeded) -> None:
    (norm,) = NORMS["batch"](6)
    for reference, shape in ((nn.BatchNorm1d(6), (5, 6)), (nn.BatchNorm2d(6), (5, 6, 4, 3))):
        reference.load_state_dict(norm.state_dict())
        x = 3 + torch.randn(shape, generator=seeded(0))
        torch.testing.assert_close(norm.train()(x), reference.train()(x))
        torch.testing.assert_close(norm.running_var, reference.running_var)
        torch.testing.assert_close(norm.eval()(x), reference.eval()(x))
    one = torch.randn(1, 6, generator=seeded(1))
    before = norm.running_mean.clone()
    assert torch.equal(norm.train()(one), norm.eval()(one))
    assert torch.equal(norm.running_mean, before)


@every_model
def test_an_epoch_may_end_with_a_single_image_under_batch_norm(
    name: str, make_spec: MakeSpec, seeded: Seeded
) -> None:
    model = build(name, make_spec, norm="batch").train()
    model(torch.rand(1, 1, 8, 8), seeded(0)).params.sum().backward()


def test_dropout_rests_in_evaluation_and_draws_in_training(make_spec: MakeSpec) -> None:
    model = build("mlp", make_spec, dropout=0.5)
    x = torch.rand(4, 1, 8, 8)
    torch.manual_seed(0)
    model.train()
    assert not torch.equal(model(x).params, model(x).params)
    model.eval()
    assert torch.equal(model(x).params, model(x).params)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"activation": "gelu"}, "'silu', 'relu' or 'tanh'"),
        ({"norm": "group"}, "'none', 'batch' or 'layer'"),
        ({"dropout": 1.0}, "less than 1"),
        ({"dropout": -0.1}, "greater than or equal to 0"),
    ],
)
def test_other_styles_are_refused(changes: dict[str, object], text: str) -> None:
    with pytest.raises(InvalidConfigError, match=text):
        MLPConfig.parse(changes)
