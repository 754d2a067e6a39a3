"""Maps: from latents to the plane and back."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from vae_core import MLPConfig, build_model, decode
from vae_core.data import Dataset
from vae_core.errors import InvalidInputError
from vae_core.projection import STRIP_JITTER, axes_projection, manifold, pca_projection

Seeded = Callable[[int], torch.Generator]


def test_a_plane_is_its_own_map(seeded: Seeded) -> None:
    z, view = torch.randn(20, 2, generator=seeded(0)), axes_projection(2)
    assert torch.equal(view.project(z), z)
    assert torch.equal(view.lift(view.project(z)), z)
    assert view.labels == ("z1", "z2")
    assert not view.is_strip


def test_two_axes_of_a_larger_latent_can_be_chosen(seeded: Seeded) -> None:
    z, view = torch.randn(20, 5, generator=seeded(0)), axes_projection(5, 3, 1)
    assert torch.equal(view.project(z), z[:, [3, 1]])
    assert view.labels == ("z4", "z2")
    expected = torch.zeros(20, 5)
    expected[:, [3, 1]] = z[:, [3, 1]]
    assert torch.equal(view.lift(view.project(z)), expected)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (-1, 1)])
def test_axes_that_are_not_there_are_refused(first: int, second: int) -> None:
    with pytest.raises(InvalidInputError, match=f"Map axes {first} and {second} received.*0 to 2"):
        axes_projection(3, first, second)


def test_one_dimension_is_a_strip_whose_height_means_nothing(seeded: Seeded) -> None:
    z, view = torch.randn(50, 1, generator=seeded(0)), axes_projection(1)
    points = view.project(z)
    assert view.is_strip
    assert torch.equal(points[:, :1], z)
    assert 0.0 < float(points[:, 1].abs().max()) <= STRIP_JITTER
    assert torch.equal(points, view.project(z))
    assert torch.equal(view.lift(points), z)


def test_pca_is_that_of_scikit_learn_up_to_sign(seeded: Seeded) -> None:
    spread = torch.tensor([0.1, 3.0, 1.0, 0.3, 2.0, 0.2])
    z = torch.randn(200, 6, generator=seeded(0)) * spread + 4.0
    view, theirs = pca_projection(z), PCA(2).fit(z.numpy())
    points, expected = view.project(z).numpy(), theirs.transform(z.numpy())
    signs = np.sign((points * expected).sum(0))
    np.testing.assert_allclose(points, expected * signs, atol=1e-4)
    shares = [
        f"PCA {i + 1} ({100 * s:.0f} %)" for i, s in enumerate(theirs.explained_variance_ratio_)
    ]
    assert list(view.labels) == shares
    torch.testing.assert_close(view.axes.T @ view.axes, torch.eye(2))


@pytest.mark.parametrize("seed", range(5))
def test_the_sign_of_pca_is_fixed_by_the_largest_entry_of_each_axis(
    seed: int, seeded: Seeded
) -> None:
    z = torch.randn(100, 4, generator=seeded(seed)) * torch.tensor([4.0, 3.0, 2.0, 1.0])
    axes = pca_projection(z).axes
    assert bool((axes.gather(0, axes.abs().argmax(0, keepdim=True)) > 0).all())
    torch.testing.assert_close(pca_projection(z.flip(0)).axes, axes, rtol=1e-3, atol=1e-4)


def test_lifting_a_pca_map_gives_the_nearest_latent_of_its_plane(seeded: Seeded) -> None:
    z = torch.randn(100, 4, generator=seeded(0))
    view = pca_projection(z)
    lifted = view.lift(view.project(z))
    torch.testing.assert_close(view.project(lifted), view.project(z), rtol=1e-4, atol=1e-5)
    leftover = (z - lifted) @ view.axes
    torch.testing.assert_close(leftover, torch.zeros(100, 2), rtol=0.0, atol=1e-5)


def test_the_manifold_starts_at_the_top_left_and_each_picture_stands_at_its_centre(
    tiny: Dataset,
) -> None:
    model = build_model(MLPConfig(hidden=(16,)), tiny.spec)
    pictures = manifold(model, axes_projection(2), (-4.0, 2.0, -1.0, 2.0), 3)
    assert pictures.shape == (9, 1, 8, 8)
    centres = [(x, y) for y in (1.5, 0.5, -0.5) for x in (-3.0, -1.0, 1.0)]
    torch.testing.assert_close(pictures, decode(model, torch.tensor(centres)))
