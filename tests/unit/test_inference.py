"""Using a trained model."""

from collections.abc import Callable

import pytest
import torch

from vae_core import (
    MLPConfig,
    build_model,
    decode,
    encode,
    inference,
    reconstruct,
    sample,
    traverse,
)
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError
from vae_core.models import LatentModel

Seeded = Callable[[int], torch.Generator]


@pytest.fixture
def vae(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(latent_dim=3, hidden=(16,)), tiny.spec)


@pytest.fixture
def autoencoder(tiny: Dataset) -> LatentModel:
    return build_model(MLPConfig(latent_dim=3, hidden=(16,), posterior="point"), tiny.spec)


@pytest.mark.parametrize("chunk", [1, 7, 70, 71])
def test_working_in_chunks_gives_what_one_pass_gives(
    vae: LatentModel, tiny: Dataset, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = tiny.train.pixels()
    whole = encode(vae, x), reconstruct(vae, x)
    monkeypatch.setattr(inference, "BATCH_SIZE", chunk)
    torch.testing.assert_close(encode(vae, x).mean, whole[0].mean)
    torch.testing.assert_close(encode(vae, x).logvar, whole[0].logvar)
    torch.testing.assert_close(reconstruct(vae, x), whole[1])


def test_encode_returns_mean_and_spread(vae: LatentModel, tiny: Dataset) -> None:
    x = tiny.val.pixels()
    encoded, posterior = encode(vae, x), vae.encode(x)
    torch.testing.assert_close(encoded.mean, posterior.mean.detach())
    torch.testing.assert_close(encoded.std, posterior.std.detach())


def test_an_autoencoder_has_no_spread_and_no_prior(
    autoencoder: LatentModel, tiny: Dataset, seeded: Seeded
) -> None:
    encoded = encode(autoencoder, tiny.val.pixels())
    assert (encoded.logvar, encoded.std) == (None, None)
    with pytest.raises(InvalidInputError, match="no prior to draw from; choose a VAE"):
        sample(autoencoder, 2, seeded(0))


def test_nothing_to_do_gives_an_empty_result(vae: LatentModel, seeded: Seeded) -> None:
    assert encode(vae, torch.zeros(0, 1, 8, 8)).mean.shape == (0, 3)
    assert decode(vae, torch.zeros(0, 3)).shape == (0, 1, 8, 8)
    assert sample(vae, 0, seeded(0)).shape == (0, 1, 8, 8)


def test_samples_are_pictures_of_draws_from_the_prior(vae: LatentModel, seeded: Seeded) -> None:
    pictures = sample(vae, 5, seeded(3))
    assert torch.equal(pictures, decode(vae, torch.randn(5, 3, generator=seeded(3))))
    assert torch.equal(pictures, sample(vae, 5, seeded(3)))
    assert 0.0 <= float(pictures.min()) <= float(pictures.max()) <= 1.0


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_a_traversal_replaces_one_coordinate(vae: LatentModel, dim: int, seeded: Seeded) -> None:
    z, values = torch.randn(3, generator=seeded(0)), torch.linspace(-3, 3, 5)
    strip = traverse(vae, z, dim, values)
    for value, picture in zip(values, strip, strict=True):
        moved = z.clone()
        moved[dim] = value
        torch.testing.assert_close(picture, decode(vae, moved[None])[0])


@pytest.mark.parametrize("dim", [-1, 3])
def test_a_traversal_of_a_dimension_that_is_not_there_is_refused(
    vae: LatentModel, dim: int
) -> None:
    with pytest.raises(InvalidInputError, match=f"dimension {dim} received; expected 0 to 2"):
        traverse(vae, torch.zeros(3), dim, torch.zeros(2))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_latent_that_is_not_finite_is_refused(vae: LatentModel, bad: float) -> None:
    with pytest.raises(InvalidInputError, match="not a finite number"):
        decode(vae, torch.tensor([[0.0, bad, 0.0]]))


def test_a_latent_far_out_still_gives_a_picture(vae: LatentModel) -> None:
    pictures = decode(vae, torch.tensor([[1e6, -1e6, 0.0]]))
    assert bool(((pictures >= 0) & (pictures <= 1)).all())


@pytest.mark.parametrize("mode", [True, False])
def test_the_model_is_left_as_it_was_and_no_gradient_is_kept(
    vae: LatentModel, tiny: Dataset, mode: bool
) -> None:
    vae.train(mode)
    recon = reconstruct(vae, tiny.val.pixels())
    assert vae.training is mode
    assert not recon.requires_grad
