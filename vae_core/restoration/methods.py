"""Every way of restoring, under a name."""

from dataclasses import replace
from functools import partial

import torch

from vae_core.corruption import Damaged
from vae_core.models import LatentModel
from vae_core.restoration.base import CHAMPION, Conditions, Method, Restored
from vae_core.restoration.by_filter import filter_method
from vae_core.restoration.by_model import NUM_DRAWS, denoise, keep_known, posterior_mean
from vae_core.restoration.champion import load_champion
from vae_core.restoration.filters import FILTERS
from vae_core.restoration.search import NUM_STARTS, search_result
from vae_core.restoration.seen import is_understood

# Title and note of what a model can do.
ONE_PASS = ("One pass", "through encoder and decoder")
POSTERIOR_MEAN = (f"Mean of {NUM_DRAWS} draws", "of the codes between which the encoder wavers")
SEARCH = ("Search for the best code", f"{NUM_STARTS} starts; is told kind and level of the damage")


def classical_methods(dataset: str) -> dict[str, Method]:
    """The filters, by name, with parameters chosen on a data set's validation images.

    Raises:
        UnknownNameError: for a data set that is not registered.
    """
    return {name: filter_method(dataset, name) for name in FILTERS}


def model_methods(model: LatentModel, suffix: str = "") -> dict[str, Method]:
    """What a trained model can do, by name; a plain autoencoder has nothing but one pass.

    Args:
        suffix: is added to each name, such as ":mnist-16d".
    """

    def anything(kind: str) -> bool:
        return True

    found = [Method("one-pass", *ONE_PASS, "model", anything, partial(_one_pass, model))]
    if model.is_variational:
        draws, search = partial(_mean_of_draws, model), partial(_search, model)
        found += [
            Method("posterior-mean", *POSTERIOR_MEAN, "model", anything, draws),
            Method("search", *SEARCH, "model", is_understood, search, is_slow=True),
        ]
    named = [replace(method, name=f"{method.name}{suffix}") for method in found]
    return {method.name: method for method in named}


def _one_pass(model: LatentModel, damaged: Damaged, conditions: Conditions, seed: int) -> Restored:
    return Restored(keep_known(denoise(model, damaged.images, conditions), damaged))


def _mean_of_draws(
    model: LatentModel, damaged: Damaged, conditions: Conditions, seed: int
) -> Restored:
    generator = torch.Generator(damaged.images.device).manual_seed(seed)
    found = posterior_mean(model, damaged.images, conditions, generator=generator)
    spread = found.spread
    if spread is not None and damaged.known is not None:
        spread = spread.masked_fill(damaged.known, 0.0)  # nothing is open there
    return Restored(keep_known(found.images, damaged), spread)


def _search(model: LatentModel, damaged: Damaged, conditions: Conditions, seed: int) -> Restored:
    return Restored(search_result(model, damaged, conditions, seed))


def champion_method(dataset: str) -> dict[str, Method]:
    """The network that was trained for restoring a data set's pictures, if there is one.

    Raises:
        CheckpointError: when its files are missing or damaged.
    """
    champion = load_champion(dataset)
    if champion is None:
        return {}

    def restore(damaged: Damaged, conditions: Conditions, seed: int) -> Restored:
        return Restored(champion.restore(damaged))

    note = "a network with skips, trained for this; not a VAE"
    return {
        CHAMPION: Method(CHAMPION, "U-Net restorer", note, "champion", lambda _: True, restore),
    }
