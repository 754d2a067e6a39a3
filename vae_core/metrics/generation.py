"""How like real images samples are, and how varied: distances between two sets of features.

Every number belongs to the extractor that made the features and to the number of images: it can
be compared with others of the same two, and with `fid_floor`, never across them.
"""

import torch
from torch import Tensor, nn

from vae_core.errors import InvalidInputError

NUM_NEIGHBOURS = 3
ROWS = 1_000  # of a matrix of distances that are held at once


class _AsGiven(nn.Module):
    """Stands where torchmetrics expects Inception: what comes in are features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two sets' means and covariances.

    The FID of Heusel et al. 2017 (eq. 6), on the features given, by torchmetrics in float64. It
    is 0 for equal Gaussians, and biased upwards by small sets.

    Args:
        first, second: (N, F) features, N at least 2.
    """
    # It brings torchvision and its compiler, 160 MB, which no training needs.
    from torchmetrics.image.fid import FrechetInceptionDistance

    _check(first, second)
    distance = FrechetInceptionDistance(_AsGiven(first.shape[1]))
    distance.set_dtype(torch.float64)
    distance.update(first.double(), real=True)
    distance.update(second.double(), real=False)
    return max(0.0, float(distance.compute()))  # rounding can leave it just below 0


def coverage(real: Tensor, other: Tensor) -> float:
    """Share of `other` that lies among `real` (Kynkaanniemi et al. 2019, eq. 2).

    Among: within the ball of at least one real image, whose radius is the distance to its third
    nearest real neighbour. Of samples among real images: precision; of real images among
    samples: recall.

    Args:
        real, other: (N, F) features, N at least 2.
    """
    _check(real, other)
    num = min(NUM_NEIGHBOURS, len(real) - 1)
    real, other = _centred(real, other)
    own = [_distances(rows, real).topk(num + 1, largest=False) for rows in torch.split(real, ROWS)]
    radii = torch.cat([found.values[:, -1] for found in own])  # the nearest is the image itself
    inside = [(_distances(rows, real) <= radii).any(1) for rows in torch.split(other, ROWS)]
    return float(torch.cat(inside).double().mean())


def mean_distance(features: Tensor) -> float:
    """Mean Euclidean distance between two different images of a set (N, F), N at least 2."""
    _check(features, features)
    (features,) = _centred(features)
    sums = [_distances(rows, features).double().sum() for rows in torch.split(features, ROWS)]
    return float(torch.stack(sums).sum()) / (len(features) * (len(features) - 1))


def _distances(rows: Tensor, columns: Tensor) -> Tensor:
    """Euclidean distances (R, C), through one matrix product: (a - b)^2 = a^2 + b^2 - 2 a b."""
    squares = columns.square().sum(1)
    squared = torch.addmm(squares, rows, columns.T, alpha=-2.0).add_(rows.square().sum(1)[:, None])
    return squared.clamp_min_(0.0).sqrt_()


def _centred(*sets: Tensor) -> tuple[Tensor, ...]:
    """Without the mean of the first set: distances stay, and lose less to rounding."""
    mean = sets[0].mean(0)
    return tuple(features - mean for features in sets)


def _check(first: Tensor, second: Tensor) -> None:
    shapes = tuple(first.shape), tuple(second.shape)
    fit = first.ndim == second.ndim == 2 and shapes[0][1] == shapes[1][1]
    if not fit or min(len(first), len(second)) < 2:
        raise InvalidInputError(
            f"Features of shapes {shapes[0]} and {shapes[1]} received; expected two sets (N, F) "
            "of at least 2 images, with as many features each."
        )
