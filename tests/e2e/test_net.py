"""The networks as a page runs them, against torch."""

from pathlib import Path
from typing import Any

import pytest
import torch
from playwright.sync_api import Error
from torch import nn

from tests.e2e.lab import NETWORK, Lab, Told
from vae_core import catalogue, load_checkpoint
from vae_core.data import CategorySpec, DataSpec, VectorSpec
from vae_core.export import export_decoder, export_encoder
from vae_core.inference import decode, encode
from vae_core.likelihoods import LIKELIHOODS
from vae_core.models import ConvConfig, LatentModel, MLPConfig, build_model

NUM = 3
BUNDLED = sorted(path.parent.name for path in catalogue.BUNDLED.glob("*/run.json"))


def agree(lab: Lab, model: LatentModel) -> None:
    """Both parts, with and without what they can be told, give torch's numbers within 1e-3."""
    generator = torch.Generator().manual_seed(0)
    told, rows = conditions(model, generator)
    num = len(rows)
    x = torch.rand(num, *model.event_shape, generator=generator)
    z = 2 * torch.randn(num, model.latent_dim, generator=generator)
    drawn = torch.tensor(lab.run(export_decoder(model), z, rows))
    assert (drawn - decode(model, z, told).flatten(1)).abs().max() < 1e-3
    posterior = encode(model, x, told)
    found = lab.run(export_encoder(model), x, rows)
    means = torch.tensor([row["mean"] for row in found])
    assert (means - posterior.mean).abs().max() < 1e-3
    logvars = [row["logvar"] for row in found]
    if posterior.logvar is None:
        assert logvars == [None] * num
    else:
        assert (torch.tensor(logvars) - posterior.logvar).abs().max() < 1e-3


def conditions(
    model: LatentModel, generator: torch.Generator
) -> tuple[dict[str, torch.Tensor], list[Told]]:
    """Some items that are told everything, then all ways of not telling: for torch, for a page."""
    told: dict[str, torch.Tensor] = {}
    gaps: Told = {}
    for name, spec in model.conditioning.specs.items():
        if isinstance(spec, CategorySpec):
            last = len(spec.class_names) - 1
            told[name] = torch.tensor([0, last // 2, last, -1, -1, -1])
            gaps[name] = -1
        else:
            known = torch.randn(NUM, len(spec.entries), generator=generator)
            told[name] = torch.cat([known, torch.full_like(known, torch.nan)])
            gaps[name] = [None, *[1.0] * (len(spec.entries) - 1)]
    rows = [{name: values[row].tolist() for name, values in told.items()} for row in range(NUM)]
    return told, [*rows, {}, gaps, dict.fromkeys(gaps)]


def rounded(model: LatentModel) -> LatentModel:
    """With weights that float16 holds, and a batch norm that has seen something."""
    generator = torch.Generator().manual_seed(1)
    state = model.state_dict()
    for name, value in state.items():
        if "running_mean" in name:
            value = 0.3 * torch.randn(value.shape, generator=generator)
        elif "running_var" in name:
            value = 0.5 + torch.rand(value.shape, generator=generator)
        state[name] = value.half().float() if value.is_floating_point() else value
    model.load_state_dict(state)
    return model.eval()


def spec(shape: tuple[int, int, int], levels: int = 256) -> DataSpec:
    offered = (
        CategorySpec(name="class", class_names=("a", "b", "c")),
        VectorSpec(name="strokes", entries=("ink", "slant")),
    )
    return DataSpec(
        name="made",
        title="Made up",
        item="blob",
        event_shape=shape,
        levels=levels,
        class_names=("a", "b", "c"),
        conditions=offered,
    )


@pytest.mark.parametrize("name", BUNDLED)
def test_every_bundled_model_gives_torchs_numbers(lab: Lab, name: str) -> None:
    agree(lab, load_checkpoint(catalogue.folder_of(name)).model)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("levels", [17, 256])
def test_every_likelihood_has_its_mean(lab: Lab, likelihood: str, levels: int) -> None:
    config = MLPConfig(hidden=(16,), likelihood=likelihood)
    agree(lab, rounded(build_model(config, spec((1, 8, 8), levels))))


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 9, 13), (3, 28, 17)])
@pytest.mark.parametrize("activation", ["silu", "relu", "tanh"])
@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_every_layer_at_any_size(
    lab: Lab, shape: tuple[int, int, int], activation: str, norm: str
) -> None:
    style = {"activation": activation, "norm": norm, "dropout": 0.2}
    configs = [
        ConvConfig(channels=(4, 6), hidden=(16,), latent_dim=3, **style),
        MLPConfig(hidden=(16, 8), posterior="point", **style),
    ]
    for config in configs:
        agree(lab, rounded(build_model(config, spec(shape))))


def test_a_convolution_may_be_lopsided_and_any_layer_without_a_bias(lab: Lab) -> None:
    model = build_model(MLPConfig(hidden=(16,)), spec((1, 9, 13)))
    there = nn.Conv2d(1, 3, (3, 5), stride=(2, 1), padding=(0, 2), bias=False)
    back = nn.ConvTranspose2d(
        3, 1, (4, 3), stride=(2, 1), padding=1, output_padding=(1, 0), bias=False
    )
    model.encoder.insert(0, there)
    model.encoder.insert(1, back)
    model.decoder[0] = nn.Linear(2, 16, bias=False)
    agree(lab, rounded(model))


@pytest.mark.parametrize("into", [["encoder"], ["decoder"], ["encoder", "decoder", "prior"]])
def test_a_part_is_told_what_is_meant_for_it(lab: Lab, into: list[str]) -> None:
    conditions = [
        {"name": "strokes", "into": into, "size": 5},
        {"name": "class", "into": ["decoder", "encoder"], "size": 3},
    ]
    for config in (
        MLPConfig.parse({"hidden": [16], "conditions": conditions}),
        ConvConfig.parse({"channels": [4], "hidden": [16], "conditions": conditions}),
    ):
        agree(lab, rounded(build_model(config, spec((1, 8, 8)))))


def test_extreme_numbers_stay_in_range(lab: Lab) -> None:
    for likelihood in LIKELIHOODS:
        model = rounded(build_model(MLPConfig(hidden=(8,), likelihood=likelihood), spec((1, 8, 8))))
        z = torch.tensor([[1e4, -1e4], [-1e4, 1e4]])
        drawn = torch.tensor(lab.run(export_decoder(model), z, [{}, {}]))
        assert drawn.isfinite().all()
        assert (drawn - decode(model, z).flatten(1)).abs().max() < 1e-3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda content: b"PK" + content[2:], 'begins with "PKEN" received; expected "VAEN"'),
        (lambda content: b"", 'begins with "" received; expected "VAEN"'),
        (lambda content: content[:6], "6 bytes received, at least 8 expected"),
        (lambda content: content[:60], "60 bytes received, at least"),
        (lambda content: content[:-100], "bytes received, at least"),
        (lambda content: content.replace(b'{"format', b'?"format'), "received; expected JSON"),
        (
            lambda content: content.replace(b'"format":1', b'"format":7'),
            "Format 7 received; this page expects format 1",
        ),
        (lambda content: content.replace(b'"bernoulli"', b'"binomials"'), 'End "binomials"'),
        (
            lambda content: content.replace(b'"silu"', b'"gelu"'),
            'Layer "gelu" received; this page expects one of',
        ),
    ],
)
def test_a_damaged_network_is_refused_with_a_reason(lab: Lab, spoil: Any, said: str) -> None:
    content = export_decoder(build_model(MLPConfig(hidden=(16,)), spec((1, 8, 8))))
    with pytest.raises(Error, match=said):
        lab.run(spoil(content), torch.zeros(1, 2), [{}])


def test_a_latent_of_the_wrong_length_is_refused(lab: Lab, bundled: Path) -> None:
    content = export_decoder(load_checkpoint(bundled / "digits-2d").model)
    with pytest.raises(Error, match="3 numbers received; this decoder expects 2"):
        lab.run(content, torch.zeros(1, 3), [{}])


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"class": 3}, 'Class 3 of "class" received; expected 0 to 2'),
        ({"class": "b"}, 'Class b of "class" received; expected 0 to 2'),
        ({"strokes": [1.0]}, '1 numbers for "strokes" received; expected 2'),
    ],
)
def test_what_cannot_be_told_is_refused_with_a_reason(lab: Lab, told: Told, said: str) -> None:
    known = [{"name": "class"}, {"name": "strokes"}]
    config = MLPConfig.parse({"hidden": [8], "conditions": known})
    content = export_decoder(build_model(config, spec((1, 8, 8))))
    with pytest.raises(Error, match=said):
        lab.run(content, torch.zeros(1, 2), [told])


def test_a_network_says_what_it_takes_and_gives(lab: Lab) -> None:
    known = [{"name": "class", "null_rate": 0}, {"name": "strokes", "into": ["decoder"]}]
    config = MLPConfig.parse({"hidden": [8], "conditions": known})
    lab.network = export_decoder(build_model(config, spec((1, 8, 8))))
    script = 'async (url) => (await import("http://net.test/net.js")).loadNet(url)'
    assert lab.page.evaluate(f"({script})({NETWORK!r}).then(({{ run, ...net }}) => net)") == {
        "part": "decoder",
        "inputShape": [2],
        "outputShape": [1, 8, 8],
        "told": [
            {"name": "class", "kind": "category", "knowsNull": False, "classes": 3},
            {"name": "strokes", "kind": "vector", "knowsNull": True, "entries": 2},
        ],
    }


def test_a_picture_is_the_callers_own(lab: Lab) -> None:
    lab.network = export_decoder(build_model(MLPConfig(hidden=(8,)), spec((1, 8, 8))))
    script = """async (url) => {
      const net = await (await import("http://net.test/net.js")).loadNet(url);
      const first = net.run([3, 3]);
      const before = Array.from(first);
      const second = net.run([-3, -3]);
      return first !== second && before.every((value, i) => value === first[i]);
    }"""
    assert lab.page.evaluate(script, NETWORK)


def test_loading_can_be_given_up(lab: Lab) -> None:
    script = """async (url) => {
      const { loadNet } = await import("http://net.test/net.js");
      await loadNet(url, AbortSignal.abort());
    }"""
    with pytest.raises(Error, match="abort"):
        lab.page.evaluate(script, NETWORK)
