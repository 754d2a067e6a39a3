"""Every way of restoring, under a name."""

from vae_core.corruption import Damaged
from vae_core.models import LatentModel
from vae_core.restoration.base import Conditions, Method, Restored
from vae_core.restoration.by_filter import filter_method
from vae_core.restoration.by_model import denoise, keep_known
from vae_core.restoration.champion import load_champion
from vae_core.restoration.filters import FILTERS


def classical_methods(dataset: str) -> dict[str, Method]:
    """The filters, by name, with parameters chosen on a data set's validation images.

    Raises:
        UnknownNameError: for a data set that is not registered.
    """
    return {name: filter_method(dataset, name) for name in FILTERS}


def model_methods(model: LatentModel, suffix: str = "") -> dict[str, Method]:
    """What a trained model can do, by name.

    Args:
        suffix: is added to each name, such as ":mnist-16d".
    """

    def one_pass(damaged: Damaged, conditions: Conditions, seed: int) -> Restored:
        return Restored(keep_known(denoise(model, damaged.images, conditions), damaged))

    name = f"one-pass{suffix}"
    return {
        name: Method(
            name, "One pass", "through encoder and decoder", "model", lambda _: True, one_pass
        )
    }


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
    name = "champion"
    return {
        name: Method(name, "U-Net restorer", note, "champion", lambda _: True, restore),
    }
