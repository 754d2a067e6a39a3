"""How much the latents say about the images, and how much about one another.

With q(z) the mean of q(z | x) over the N images of a split,

    KL(q(z | x) || p(z)) = I(x; z) + TC(z) + sum_d KL(q(z_d) || p(z_d))   on average

(Hoffman & Johnson 2016; Chen et al. 2018, eq. 2, for a factorised prior). The aggregate q(z) and
its marginals are summed over all N images, so that there is no bias by a batch; only z is drawn.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_core.distributions import LOG_2PI, DiagonalGaussian

MAX_DRAWS = 4_000
CELL_VALUES = 1_000_000  # pairs of a draw and an image held at once, 4 MB


@dataclass(frozen=True)
class Information:
    """Of one split, in nats.

    Attributes:
        mutual_nats: I(x; z) = E[log q(z | x) - log q(z)], 0 to log N: that of choosing one of
            these N images, so a split that is too small caps it.
        total_correlation_nats: TC(z) = E[log q(z) - sum_d log q(z_d)], at least 0 but for the
            draws' noise: 0 when the dimensions are independent over the split.
    """

    mutual_nats: float
    total_correlation_nats: float


@torch.inference_mode()
def information(mean: Tensor, logvar: Tensor, seed: int) -> Information:
    """Estimate both from one z for each of up to 4,000 images, against all N posteriors.

    Args:
        mean, logvar: (N, D) of q(z | x).
        seed: of the choice of images and of the draws.
    """
    generator = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(mean), generator=generator)[:MAX_DRAWS]
    own = DiagonalGaussian(mean[chosen], logvar[chosen])
    z = own.sample(generator)
    rows = max(1, CELL_VALUES // len(mean))
    parts = [_log_aggregate(part, mean, logvar) for part in torch.split(z, rows)]
    joint = torch.cat([part[0] for part in parts]).double()
    marginals = torch.cat([part[1] for part in parts]).double()
    return Information(
        mutual_nats=float((own.log_prob(z).double() - joint).mean()),
        total_correlation_nats=float((joint - marginals).mean()),
    )


def _log_aggregate(z: Tensor, mean: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """log q(z) and sum_d log q(z_d) of each z (M, D): two (M,)."""
    joint = z.new_zeros(len(z), len(mean))  # log q(z | x_n)
    marginals = z.new_zeros(len(z))
    scale = torch.exp(-0.5 * logvar)
    for dim in range(z.shape[1]):
        log_q = (z[:, dim, None] - mean[:, dim]).mul_(scale[:, dim]).square_().add_(logvar[:, dim])
        log_q.add_(LOG_2PI).mul_(-0.5)  # (M, N)
        joint += log_q
        marginals += torch.logsumexp(log_q, 1)
    log_num = math.log(len(mean))
    return torch.logsumexp(joint, 1) - log_num, marginals - z.shape[1] * log_num
