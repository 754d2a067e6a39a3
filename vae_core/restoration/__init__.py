"""Restoring damaged images: by filters, with trained models, with networks made for it."""

from vae_core.restoration.base import Method, Restored
from vae_core.restoration.by_model import denoise, keep_known
from vae_core.restoration.champion import Champion, load_champion
from vae_core.restoration.classical import median_filter
from vae_core.restoration.comparing import DAMAGED, Scored, compare
from vae_core.restoration.denoising import Denoised, compare_denoising
from vae_core.restoration.methods import champion_method, classical_methods, model_methods

__all__ = [
    "DAMAGED",
    "Champion",
    "Denoised",
    "Method",
    "Restored",
    "Scored",
    "champion_method",
    "classical_methods",
    "compare",
    "compare_denoising",
    "denoise",
    "keep_known",
    "load_champion",
    "median_filter",
    "model_methods",
]
