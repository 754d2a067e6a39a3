"""Networks as files for the browser; that a page runs them right is tested in tests/e2e."""

import json
import struct
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from vae_core import catalogue, load_checkpoint
from vae_core.data import Dataset, DataSpec, VectorSpec
from vae_core.errors import NotExportableError
from vae_core.export import can_export, export_decoder, export_encoder
from vae_core.likelihoods import LIKELIHOODS, Bernoulli
from vae_core.models import LatentModel, MLPConfig, build_model, model_entry
from vae_core.models.conditions import Concatenate


@pytest.fixture
def model(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(hidden=(16,), norm="batch"), tiny.spec)


def parse(content: bytes) -> tuple[dict[str, Any], bytes]:
    assert content[:4] == b"VAEN"
    (length,) = struct.unpack("<I", content[4:8])
    assert length % 4 == 0
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def with_strokes(spec: DataSpec) -> DataSpec:
    strokes = VectorSpec(name="strokes", entries=("ink", "slant"))
    return spec.evolve(conditions=(*spec.conditions, strokes))


def test_a_file_holds_the_weights_as_float16_where_its_header_says(model: LatentModel) -> None:
    header, block = parse(export_decoder(model))
    assert (header["format"], header["part"], header["input"]) == (1, "decoder", [2])
    assert header["output"] == [1, 8, 8]
    first = header["layers"][0]
    assert (first["op"], first["in"], first["out"]) == ("linear", 2, 16)
    place = first["weight"]
    assert place["at"] % 4 == 0
    stored = np.frombuffer(block, "<f2", place["length"], place["at"]).reshape(16, 2)
    np.testing.assert_array_equal(stored, model.decoder[0].weight.detach().half())


def test_a_file_lists_what_its_part_is_told_in_the_models_order(tiny: Dataset) -> None:
    told = [
        {"name": "strokes", "into": ["encoder", "decoder"], "size": 5},
        {"name": "class", "into": ["decoder", "prior"], "size": 3, "null_rate": 0.0},
    ]
    config = MLPConfig.parse({"hidden": [16], "conditions": told})
    model = build_model(config, with_strokes(tiny.spec))
    decoder, _ = parse(export_decoder(model))
    encoder, _ = parse(export_encoder(model))
    names = ("name", "kind", "size", "knowsNull")
    strokes, label = decoder["told"]
    assert [strokes[name] for name in names] == ["strokes", "vector", 5, True]
    assert [label[name] for name in names] == ["class", "category", 3, False]
    assert strokes["entries"] == 2
    assert label["classes"] == len(tiny.spec.class_names)
    assert [part["name"] for part in encoder["told"]] == ["strokes"]


def test_exporting_leaves_the_model_as_it_was(model: LatentModel) -> None:
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    export_decoder(model)
    export_encoder(model)
    assert model.training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_every_bundled_model_runs_in_a_page() -> None:
    folders = [path.parent for path in catalogue.BUNDLED.glob("*/run.json")]
    assert len(folders) >= 9
    for folder in folders:
        assert can_export(load_checkpoint(folder).model)


@pytest.mark.parametrize("name", ["mlp", "conv"])
@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("activation", ["silu", "relu", "tanh"])
def test_every_setting_of_a_model_can_run_in_a_page(
    tiny: Dataset, name: str, norm: str, activation: str
) -> None:
    style = {"hidden": [8], "norm": norm, "activation": activation, "dropout": 0.1}
    settings = style | ({"channels": [4, 6]} if name == "conv" else {})
    spec = with_strokes(tiny.spec)
    for likelihood in LIKELIHOODS:
        for told in ([], [{"name": "class"}], [{"name": "strokes"}, {"name": "class"}]):
            choice = {"likelihood": likelihood, "conditions": told}
            config: Any = model_entry(name).config.parse(settings | choice)
            assert can_export(build_model(config, spec))


def test_a_model_with_too_many_weights_says_so(tiny: Dataset) -> None:
    large = build_model(MLPConfig(hidden=(4096, 1024)), tiny.spec)
    with pytest.raises(NotExportableError, match="weights received; a page takes at most 4,000"):
        export_decoder(large)
    assert not can_export(large)


def test_a_convolution_that_would_take_longer_than_a_frame_says_so(model: LatentModel) -> None:
    model.encoder.insert(0, nn.Conv2d(1, 600, 5, padding=2))
    model.encoder.insert(1, nn.Conv2d(600, 60, 5, padding=2))
    with pytest.raises(NotExportableError, match="multiplications for a picture received"):
        export_encoder(model)


def test_a_weight_that_float16_cannot_hold_is_refused(model: LatentModel) -> None:
    with torch.no_grad():
        model.decoder[0].weight[0, 0] = 70_000.0
    with pytest.raises(NotExportableError, match=r"70,000 received.* at most 65,504"):
        export_decoder(model)


class Softer(nn.SiLU):
    def forward(self, input: Tensor) -> Tensor:  # noqa: A002
        return input * torch.sigmoid(input / 2)


class Product(Concatenate):
    def forward(self, features: Tensor, told: Tensor) -> Tensor:
        return features * told


@pytest.mark.parametrize(
    "layer",
    [
        Softer(),
        nn.Conv2d(1, 1, 3, padding=2, dilation=2),
        nn.Conv2d(1, 1, 3, padding="same"),
        nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular"),
        nn.GroupNorm(1, 1, affine=False),
        nn.Linear(8, 8),  # along a row of the picture: pages have numbers in one row only
    ],
    ids=str,
)
def test_a_layer_that_the_page_does_not_know_is_named(model: LatentModel, layer: nn.Module) -> None:
    model.encoder.insert(0, layer)
    with pytest.raises(NotExportableError, match=f"^{type(layer).__name__}.* does not know"):
        export_encoder(model)


def test_another_way_of_joining_what_is_told_is_refused(tiny: Dataset) -> None:
    config = MLPConfig.parse({"hidden": [16], "conditions": [{"name": "class", "size": 2}]})
    model = build_model(config, tiny.spec)
    model.decoder[0] = Product()
    with pytest.raises(NotExportableError, match=r"^Product"):
        export_decoder(model)


def test_a_likelihood_that_the_page_does_not_know_is_named(model: LatentModel) -> None:
    class Sharper(Bernoulli):
        def mean(self, params: Tensor) -> Tensor:
            return torch.sigmoid(2 * params)

    model.likelihood = Sharper()
    with pytest.raises(NotExportableError, match="likelihood Sharper received"):
        export_decoder(model)
