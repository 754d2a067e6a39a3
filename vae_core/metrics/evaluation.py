"""All metrics of one model on one split."""

from dataclasses import dataclass

from vae_core.data import Dataset
from vae_core.inference import decode, encode
from vae_core.metrics.elbo import elbo
from vae_core.metrics.latent import knn_accuracy
from vae_core.metrics.reconstruction import mse, psnr_db, ssim
from vae_core.models import LatentModel

SEED_EVALUATION = 0


@dataclass(frozen=True)
class Evaluation:
    """Means over a split of clean images.

    ELBO terms: nats per image at beta = 1, one z sampled per image with seed 0; None where the
    model has none. mse, psnr_db, ssim: reconstruction from the posterior's mean. knn_accuracy:
    15 nearest training means vote.
    """

    elbo_nats: float | None
    recon_nats: float
    kl_nats: float | None
    mse: float
    psnr_db: float
    ssim: float
    knn_accuracy: float
    num_images: int
    split: str


def evaluate(model: LatentModel, data: Dataset, split: str = "test") -> Evaluation:
    """Measure a model.

    Args:
        model: trained on images of data.spec.event_shape.
        data: training means are taken from its training split.
        split: "train", "val" or "test".
    """
    source = data.split(split)
    bound = elbo(model, source, SEED_EVALUATION)
    x = source.pixels()
    means = encode(model, x).mean
    recon = decode(model, means)
    train_means = encode(model, data.train.pixels()).mean
    return Evaluation(
        elbo_nats=bound.elbo_nats,
        recon_nats=bound.recon_nats,
        kl_nats=bound.kl_nats,
        mse=float(mse(recon, x).mean()),
        psnr_db=float(psnr_db(recon, x).mean()),
        ssim=float(ssim(recon, x).mean()),
        knn_accuracy=knn_accuracy(train_means, data.train.labels, means, source.labels),
        num_images=len(source),
        split=split,
    )
