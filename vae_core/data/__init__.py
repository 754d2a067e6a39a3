"""Data sets: `DATASETS` names them, `load_dataset` reads them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from vae_core.data import digits
from vae_core.data.base import (
    SPLITS,
    Batch,
    Dataset,
    DataSpec,
    ImageSource,
    SplitName,
    epoch_plan,
)
from vae_core.data.binarisation import Binarisation, binarise, binarised_spec
from vae_core.data.conditions import (
    UNKNOWN_LABEL,
    CategorySpec,
    ConditionSpec,
    LazyConditions,
    VectorSpec,
    joined,
)
from vae_core.data.framing import DIGITS_FRAMING, FULL_FRAMING, MNIST_FRAMING, Framing
from vae_core.data.mnist import FASHION_MNIST, KMNIST, MNIST, MnistFamily, Progress, data_folder
from vae_core.errors import UnknownNameError

__all__ = [
    "DATASETS",
    "SPLITS",
    "UNKNOWN_LABEL",
    "Batch",
    "CategorySpec",
    "ConditionSpec",
    "DataSpec",
    "Dataset",
    "DatasetEntry",
    "Framing",
    "ImageSource",
    "LazyConditions",
    "SplitName",
    "VectorSpec",
    "binarise",
    "data_folder",
    "dataset_entry",
    "epoch_plan",
    "joined",
    "load_dataset",
]


@dataclass(frozen=True)
class DatasetEntry:
    """One row of the registry.

    Attributes:
        spec: what an item is, known before anything is read.
        load: read it, or raise DatasetError.
        is_present: whether `load` can succeed without a network.
        download: fetch it, telling (bytes done, bytes in all); None when it is embedded.
        framing: how its pictures lie in their frame.
    """

    spec: DataSpec
    load: Callable[[], Dataset]
    is_present: Callable[[], bool]
    download: Callable[[Progress | None], None] | None
    framing: Framing


def _fetched(family: MnistFamily, framing: Framing) -> DatasetEntry:
    return DatasetEntry(family.spec, family.load, family.is_present, family.download, framing)


def _binarised(family: MnistFamily, how: Binarisation) -> DatasetEntry:
    """Made from the family's own files: present, fetched and damaged as they are."""
    return DatasetEntry(
        binarised_spec(family.spec, how),
        lambda: binarise(family.load(), how),
        family.is_present,
        family.download,
        MNIST_FRAMING,
    )


DATASETS: dict[str, DatasetEntry] = {
    "digits": DatasetEntry(digits.SPEC, digits.load, lambda: True, None, DIGITS_FRAMING),
    "mnist": _fetched(MNIST, MNIST_FRAMING),
    "mnist-static": _binarised(MNIST, "static"),
    "mnist-dynamic": _binarised(MNIST, "dynamic"),
    "fashion-mnist": _fetched(FASHION_MNIST, FULL_FRAMING),
    "kmnist": _fetched(KMNIST, FULL_FRAMING),
}


def dataset_entry(name: str) -> DatasetEntry:
    """Look a data set up.

    Raises:
        UnknownNameError: for a name that is not registered.
    """
    if name not in DATASETS:
        raise UnknownNameError("data set", name, DATASETS)
    return DATASETS[name]


def load_dataset(name: str) -> Dataset:
    """Read a data set, all three splits, into memory; the newest two stay there.

    Raises:
        UnknownNameError: for a name that is not registered.
        DatasetError: when it is absent or damaged; the text says where it was looked for.
    """
    dataset_entry(name)
    return _load(name, str(data_folder().resolve()))


@lru_cache(maxsize=2)
def _load(name: str, folder: str) -> Dataset:
    # `folder` is part of the key: another VAELAB_DATA is another data set.
    return DATASETS[name].load()
