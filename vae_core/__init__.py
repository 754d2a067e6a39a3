"""VAE Lab's core: small variational autoencoders, trained live and made visible.

::

    data = load_dataset("digits")
    for event in train(recipe("digits-2d"), data):
        print(event)
    print(evaluate(event.model, data))
"""

import os

# Read once, when torch loads its OpenMP: threads that wait spin a little, then sleep. By default
# they spin long, and two trainings at a time slow each other down far more than by half
# (docs/decisions/0002-threads-that-sleep.md). Values that are set already are kept.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from vae_core.checkpoints import Checkpoint, load_checkpoint
from vae_core.config import CorruptionConfig, RunConfig, TrainConfig
from vae_core.corruption import CORRUPTIONS, Damaged, corrupt, damage, hide
from vae_core.data import DATASETS, load_dataset
from vae_core.errors import VAELabError
from vae_core.inference import decode, encode, reconstruct, sample, traverse
from vae_core.metrics import evaluate, knn_accuracy
from vae_core.models import MODELS, ConditionConfig, ConvConfig, MLPConfig, build_model
from vae_core.pictures import prepare
from vae_core.recipes import RECIPES, default_config, recipe
from vae_core.restoration import choose, compare, denoise, median_filter
from vae_core.training import train

__all__ = [
    "CORRUPTIONS",
    "DATASETS",
    "MODELS",
    "RECIPES",
    "Checkpoint",
    "ConditionConfig",
    "ConvConfig",
    "CorruptionConfig",
    "Damaged",
    "MLPConfig",
    "RunConfig",
    "TrainConfig",
    "VAELabError",
    "build_model",
    "choose",
    "compare",
    "corrupt",
    "damage",
    "decode",
    "default_config",
    "denoise",
    "encode",
    "evaluate",
    "hide",
    "knn_accuracy",
    "load_checkpoint",
    "load_dataset",
    "median_filter",
    "prepare",
    "recipe",
    "reconstruct",
    "sample",
    "train",
    "traverse",
]
