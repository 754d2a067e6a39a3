"""Restoring damaged images: by filters, with trained models, with networks made for it."""

from vae_core.restoration.base import Method, Restored
from vae_core.restoration.by_model import denoise, keep_known, posterior_mean
from vae_core.restoration.champion import Champion, load_champion
from vae_core.restoration.classical import median_filter
from vae_core.restoration.comparing import DAMAGED, Scored, compare
from vae_core.restoration.crossings import Crossing, crossings
from vae_core.restoration.denoising import Denoised, compare_denoising
from vae_core.restoration.levels import LevelRow, Quality, measure_levels, measured_levels
from vae_core.restoration.methods import champion_method, classical_methods, model_methods
from vae_core.restoration.search import SearchStep, search

__all__ = [
    "DAMAGED",
    "Champion",
    "Crossing",
    "Denoised",
    "LevelRow",
    "Method",
    "Quality",
    "Restored",
    "Scored",
    "SearchStep",
    "champion_method",
    "classical_methods",
    "compare",
    "compare_denoising",
    "crossings",
    "denoise",
    "keep_known",
    "load_champion",
    "measure_levels",
    "measured_levels",
    "median_filter",
    "model_methods",
    "posterior_mean",
    "search",
]
