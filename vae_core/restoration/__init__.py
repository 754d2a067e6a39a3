"""Restoring damaged images: by filters, with trained models, with networks made for it."""

from vae_core.restoration.base import CHAMPION, Method, Restored
from vae_core.restoration.by_model import denoise, keep_known, posterior_mean
from vae_core.restoration.champion import Champion, load_champion
from vae_core.restoration.choosing import choose, methods_for
from vae_core.restoration.classical import median_filter
from vae_core.restoration.comparing import DAMAGED, Scored, compare
from vae_core.restoration.crossings import Crossing, crossings
from vae_core.restoration.levels import LevelRow, Quality, measure_levels, measured_levels
from vae_core.restoration.methods import champion_method, classical_methods, model_methods
from vae_core.restoration.search import SearchStep, search

__all__ = [
    "CHAMPION",
    "DAMAGED",
    "Champion",
    "Crossing",
    "LevelRow",
    "Method",
    "Quality",
    "Restored",
    "Scored",
    "SearchStep",
    "champion_method",
    "choose",
    "classical_methods",
    "compare",
    "crossings",
    "denoise",
    "keep_known",
    "load_champion",
    "measure_levels",
    "measured_levels",
    "median_filter",
    "methods_for",
    "model_methods",
    "posterior_mean",
    "search",
]
