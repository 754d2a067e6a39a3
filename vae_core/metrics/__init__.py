"""Metrics: how good a reconstruction, a latent space or a bound is."""

from vae_core.metrics.elbo import Elbo, elbo
from vae_core.metrics.evaluation import Evaluation, evaluate
from vae_core.metrics.latent import knn_accuracy
from vae_core.metrics.reconstruction import mse, psnr_db, ssim

__all__ = ["Elbo", "Evaluation", "elbo", "evaluate", "knn_accuracy", "mse", "psnr_db", "ssim"]
