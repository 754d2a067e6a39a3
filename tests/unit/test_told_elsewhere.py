"""What a conditional model is told wherever it is used: files, frames, maps, restoration."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from vae_core import (
    ConvConfig,
    MLPConfig,
    RunConfig,
    build_model,
    compare,
    damage,
    decode,
    encode,
    load_checkpoint,
    reconstruct,
)
from vae_core.checkpoints import compute_latents, save_trained
from vae_core.data import Dataset, joined
from vae_core.errors import CheckpointError
from vae_core.frames import make_frame, make_probe
from vae_core.images import from_png, tile
from vae_core.models import ConditionConfig, LatentModel
from vae_core.projection import axes_projection, manifold
from vae_core.record import RunRecord
from vae_core.restoration import model_methods

Seeded = Callable[[int], torch.Generator]
BOTH = (ConditionConfig(name="class"), ConditionConfig(name="strokes"))
CONFIGS = [
    MLPConfig(hidden=(16,), conditions=BOTH, norm="batch", dropout=0.2),
    ConvConfig(channels=(4,), hidden=(16,), conditions=BOTH, norm="layer", activation="relu"),
]
every_config = pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.name)


def made(config: MLPConfig | ConvConfig, data: Dataset) -> LatentModel:
    model = build_model(config, data.spec, seed=2)
    model.train()(data.train.pixels())  # batch norm has then counted a batch
    return model.eval()


@every_config
@pytest.mark.parametrize("half", [False, True])
def test_a_conditional_model_comes_back_as_it_was_saved(
    tmp_path: Path, tiny: Dataset, config: MLPConfig | ConvConfig, half: bool
) -> None:
    record = RunRecord(id="x", status="finished", config=RunConfig(model=config), spec=tiny.spec)
    model = made(config, tiny)
    save_trained(tmp_path, record, model, tiny, half=half)
    back = load_checkpoint(tmp_path)
    assert back.record.config.model == config
    x, told = tiny.test.pixels(), tiny.test.conditions()
    assert torch.equal(reconstruct(back.model, x, told), reconstruct(model, x, told))
    encoded = encode(
        model,
        torch.cat([s.pixels() for s in (tiny.train, tiny.val, tiny.test)]),
        (joined([tiny.train.conditions(), tiny.val.conditions(), tiny.test.conditions()])),
    )
    tolerance = 2e-3 if half else 0.0
    torch.testing.assert_close(
        back.latents.encoded.mean, encoded.mean, atol=tolerance, rtol=tolerance
    )


def test_weights_of_another_condition_are_refused(tmp_path: Path, tiny: Dataset) -> None:
    config = CONFIGS[0]
    record = RunRecord(id="x", status="finished", config=RunConfig(model=config), spec=tiny.spec)
    save_trained(tmp_path, record, made(config, tiny), tiny)
    other = config.evolve(conditions=BOTH[:1])
    changed = record.evolve(config=RunConfig(model=other))
    (tmp_path / "run.json").write_text(changed.model_dump_json())
    with pytest.raises(CheckpointError, match=r"does not fit its run\.json"):
        load_checkpoint(tmp_path)


@every_config
def test_latents_are_those_of_each_image_told_its_own(
    tiny: Dataset, config: MLPConfig | ConvConfig
) -> None:
    model = made(config, tiny)
    latents = compute_latents(model, tiny)
    told = {name: values[:5] for name, values in tiny.train.conditions().items()}
    torch.testing.assert_close(
        latents.encoded.mean[:5], encode(model, tiny.train.pixels(0, 5), told).mean
    )
    assert not torch.allclose(
        latents.encoded.mean[:5], encode(model, tiny.train.pixels(0, 5)).mean, atol=1e-4
    )


@every_config
def test_a_frame_tells_the_probes_their_own(tiny: Dataset, config: MLPConfig | ConvConfig) -> None:
    model, probe = made(config, tiny), make_probe(tiny)
    frame = make_frame(model, probe, 7, {})
    own = joined([tiny.val.conditions(), tiny.train.conditions()])
    encoded = encode(model, probe.x, own)
    np.testing.assert_array_equal(frame.means, encoded.mean.numpy().astype(np.float16))
    first16 = {name: values[:16] for name, values in own.items()}
    recons = tile(decode(model, encoded.mean[:16], first16), 16)
    np.testing.assert_array_equal(from_png(frame.recons), recons)
    first = {name: values[:1] for name, values in own.items()}
    extent = (-frame.limit, frame.limit, -frame.limit, frame.limit)
    grid = tile(manifold(model, axes_projection(2), extent, 12, first), 12)
    np.testing.assert_array_equal(from_png(frame.manifold), grid)


def test_the_kl_of_a_frame_is_to_the_models_own_prior(tiny: Dataset) -> None:
    condition = ConditionConfig(name="class", into=("prior",))
    model = build_model(MLPConfig(hidden=(16,), conditions=(condition,)), tiny.spec)
    torch.nn.init.constant_(model.prior_head.bias, 1.5)
    probe = make_probe(tiny)
    (term,) = model.infer(probe.x, probe.conditions)
    expected = term.posterior.kl(model.prior(probe.conditions)).mean(0)
    kl = torch.from_numpy(make_frame(model, probe, 0, {}).kl_per_dim)
    torch.testing.assert_close(kl, expected.detach())
    assert not torch.allclose(kl, term.posterior.kl().mean(0))


def test_a_manifold_is_told_the_same_at_every_place(tiny: Dataset) -> None:
    model, view = made(CONFIGS[0], tiny), axes_projection(2)
    told = {"class": torch.tensor([3])}
    pictures = manifold(model, view, (-1.0, 1.0, -1.0, 1.0), 2, told)
    corners = torch.tensor([[-0.5, 0.5], [0.5, 0.5], [-0.5, -0.5], [0.5, -0.5]])
    everywhere = {"class": torch.tensor([3] * 4)}
    torch.testing.assert_close(pictures, decode(model, corners, everywhere))


def test_denoising_may_be_told_what_the_images_show(tiny: Dataset, seeded: Seeded) -> None:
    model, clean = made(CONFIGS[0], tiny), tiny.test.pixels()
    told = tiny.test.conditions()
    damaged = damage(clean, "gaussian", 0.3, seeded(4))
    method = model_methods(model)["one-pass"]
    told_so = compare([method], clean, damaged, told)["one-pass"].images
    torch.testing.assert_close(told_so, reconstruct(model, damaged.images, told))
    blind = compare([method], clean, damaged)["one-pass"].images
    torch.testing.assert_close(blind, reconstruct(model, damaged.images))


def test_parts_are_joined_only_when_asked_for(tiny: Dataset) -> None:
    parts = [tiny.val.conditions(slice(0, 2)), tiny.train.conditions(slice(3, 6))]
    both = joined(parts)
    assert list(both) == ["class", "strokes"]
    for name in both:
        assert torch.equal(both[name], torch.cat([part[name] for part in parts]))
