"""Frames of a run."""

import errno
import io
import os
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
import torch
from PIL import Image

from vae_core import MLPConfig, build_model, decode, encode
from vae_core.data import Dataset
from vae_core.errors import RunError
from vae_core.frames import Frame, make_frame, make_probe, map_limit, read_frame, write_frame
from vae_core.images import tile
from vae_core.models import LatentModel
from vae_core.projection import axes_projection, manifold

NUMBERS = {"loss_nats": 3.5, "recon_nats": 2.5, "kl_nats": 1.0}


def picture(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.fixture
def make_model(tiny: Dataset) -> Callable[..., LatentModel]:
    return lambda **changes: build_model(MLPConfig(hidden=(16,), **changes), tiny.spec)


@pytest.mark.parametrize("latent_dim", [1, 2, 16])
@pytest.mark.parametrize("posterior", ["gaussian", "point"])
def test_a_frame_comes_back_as_it_was_written(
    tmp_path: Path,
    tiny: Dataset,
    make_model: Callable[..., LatentModel],
    latent_dim: int,
    posterior: str,
) -> None:
    model = make_model(latent_dim=latent_dim, posterior=posterior)
    frame = make_frame(model, make_probe(tiny), 7, NUMBERS | {"kl_nats": None})
    write_frame(tmp_path / "7.npz", frame)
    back = read_frame(tmp_path / "7.npz")
    for each in fields(Frame):
        np.testing.assert_array_equal(getattr(back, each.name), getattr(frame, each.name))
    assert back.means.dtype == np.float16
    assert back.means.shape == (90, latent_dim)
    assert back.points.shape == (90, 2)
    assert back.kl_per_dim.shape == ((latent_dim,) if posterior == "gaussian" else (0,))
    assert [path.name for path in tmp_path.iterdir()] == ["7.npz"]


def test_a_frame_shows_what_the_model_would_show(
    tiny: Dataset, make_model: Callable[..., LatentModel]
) -> None:
    model, probe = make_model(), make_probe(tiny)
    frame = make_frame(model, probe, 1, NUMBERS)
    means = encode(model, probe.x).mean
    np.testing.assert_allclose(frame.points, means.numpy(), rtol=1e-5)
    np.testing.assert_allclose(frame.means, means.numpy(), rtol=2e-3, atol=1e-4)
    kl = model.encode(probe.x).kl().mean(0).detach().numpy()
    np.testing.assert_allclose(frame.kl_per_dim, kl, rtol=1e-5)
    extent = (-frame.limit, frame.limit, -frame.limit, frame.limit)
    grid = tile(manifold(model, axes_projection(2), extent, 12), 12)
    np.testing.assert_array_equal(picture(frame.manifold), grid)
    np.testing.assert_array_equal(picture(frame.recons), tile(decode(model, means[:16]), 16))


@pytest.mark.parametrize("mode", [True, False])
def test_looking_at_a_model_leaves_it_as_it_was(
    tiny: Dataset, make_model: Callable[..., LatentModel], mode: bool
) -> None:
    model, state = make_model().train(mode), torch.get_rng_state()
    make_frame(model, make_probe(tiny), 1, NUMBERS)
    assert model.training is mode
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_the_probe_takes_validation_images_first_and_a_thousand_at_most(
    digits: Dataset, tiny: Dataset
) -> None:
    probe = make_probe(digits)
    assert len(probe.x) == len(probe.label) == 1000
    assert torch.equal(probe.x[:300], digits.val.pixels())
    assert torch.equal(probe.x[300:], digits.train.pixels(0, 700))
    assert torch.equal(
        probe.label[299:302], torch.cat([digits.val.labels[-1:], digits.train.labels[:2]])
    )
    assert len(make_probe(tiny).x) == 90


@pytest.mark.parametrize("reach", [0.0, 0.5, 3.9, 4.1, 30.0, 127.0, 500.0, 1e4])
def test_the_map_reaches_past_its_points_but_not_far(reach: float) -> None:
    limit = map_limit(reach * torch.tensor([[-1.0, 0.3], [0.2, 0.9]]))
    assert reach <= limit <= max(4.0, 1.6 * reach)


def test_the_map_grows_in_few_jumps_and_never_shrinks_as_its_points_spread() -> None:
    limits = [map_limit(torch.tensor([[r, 0.0]])) for r in np.linspace(0.1, 100, 500)]
    assert limits == sorted(limits)
    assert len(set(limits)) <= 15


def test_a_few_stray_points_do_not_stretch_the_map() -> None:
    points = torch.ones(1000, 2)
    points[:3] = 100.0
    assert map_limit(points) == map_limit(torch.ones(1000, 2))
    assert map_limit(torch.zeros(0, 2)) == map_limit(torch.zeros(1, 2))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"not a frame"),
        lambda path: path.write_bytes(path.read_bytes()[:-200]),
        lambda path: np.savez(path, means=np.zeros(3)),
        lambda path: np.savez(path, header=np.zeros(3, np.uint8)),
        lambda path: path.write_bytes(path.read_bytes().replace(b'"step"', b'"stop"')),
    ],
    ids=["missing", "empty", "foreign", "truncated", "incomplete", "no header", "altered"],
)
def test_a_damaged_frame_is_refused_in_words(
    tmp_path: Path,
    tiny: Dataset,
    make_model: Callable[..., LatentModel],
    damage: Callable[[Path], Any],
) -> None:
    path = tmp_path / "1.npz"
    write_frame(path, make_frame(make_model(), make_probe(tiny), 1, NUMBERS))
    damage(path)
    with pytest.raises(RunError, match=r"1\.npz cannot be read .* choose another"):
        read_frame(path)


def test_a_full_disk_keeps_the_older_frame(
    tmp_path: Path,
    tiny: Dataset,
    make_model: Callable[..., LatentModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "live.npz"
    write_frame(path, make_frame(make_model(), make_probe(tiny), 1, NUMBERS))
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match="Free some space"):
        write_frame(path, make_frame(make_model(), make_probe(tiny), 2, NUMBERS))
    assert read_frame(path).step == 1
    assert list(tmp_path.iterdir()) == [path]
