"""Metrics: how good a reconstruction, a latent space, a sample or a bound is."""

from vae_core.metrics.elbo import Elbo, elbo
from vae_core.metrics.evaluation import Evaluation, evaluate
from vae_core.metrics.extractor import EXTRACTOR, Extractor, load_extractor
from vae_core.metrics.generation import coverage, frechet_distance, mean_distance
from vae_core.metrics.information import Information, information
from vae_core.metrics.latent import active_units, knn_accuracy, linear_probe_accuracy
from vae_core.metrics.nll import Evidence, evidence
from vae_core.metrics.reconstruction import MOST_DB, WHOLE_DB, mean_psnr_db, mse, psnr_db, ssim
from vae_core.metrics.registry import ALL, METRICS, QUICK, Metric

__all__ = [
    "ALL",
    "EXTRACTOR",
    "METRICS",
    "MOST_DB",
    "QUICK",
    "WHOLE_DB",
    "Elbo",
    "Evaluation",
    "Evidence",
    "Extractor",
    "Information",
    "Metric",
    "active_units",
    "coverage",
    "elbo",
    "evaluate",
    "evidence",
    "frechet_distance",
    "information",
    "knn_accuracy",
    "linear_probe_accuracy",
    "load_extractor",
    "mean_distance",
    "mean_psnr_db",
    "mse",
    "psnr_db",
    "ssim",
]
