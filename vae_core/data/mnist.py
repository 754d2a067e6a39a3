"""MNIST and its look-alikes through torchvision: found on this computer, or fetched on request."""

import gzip
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import torch

from vae_core.data.base import Dataset, DataSpec, ImageSource, class_and_strokes
from vae_core.data.idx import read_idx
from vae_core.errors import DatasetError

NUM_VAL = 5_000
CHUNK_BYTES = 1 << 16
TIMEOUT_S = 20.0
PARTIAL = ".download-"
ABANDONED_S = 3600.0
FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) of the data set's compressed files."""


def data_folder() -> Path:
    """Return the folder that `VAELAB_DATA` names, else `data` in the current folder."""
    return Path(os.environ.get("VAELAB_DATA") or "data").expanduser()


class MnistFamily:
    """One data set in MNIST's format.

    Args:
        spec: its description.
        class_name: torchvision's class for it, which knows the mirrors and the checksums; also
            the name of its folder.
    """

    def __init__(self, spec: DataSpec, class_name: str) -> None:
        self.spec = spec
        self.class_name = class_name

    @property
    def source(self) -> Any:
        """torchvision's class; imported when needed, since that takes a second."""
        from torchvision import datasets

        return getattr(datasets, self.class_name)

    @property
    def folder(self) -> Path:
        """Where its four IDX files lie."""
        return data_folder() / self.class_name / "raw"

    def is_present(self) -> bool:
        """Say whether all four files are on this computer (their content is not read)."""
        return all((self.folder / name).is_file() for name in FILES)

    def load(self) -> Dataset:
        """Read it; validation is the last 5,000 training images (a twelfth of a smaller set).

        Raises:
            DatasetError: when it is absent or damaged.
        """
        if not self.is_present():
            raise DatasetError(
                f"{self.spec.title} is not on this computer: looked in {self.folder.resolve()}. "
                f"Set VAELAB_DATA to a folder that holds {self.class_name}/raw, or fetch it "
                f"with 'python -m vae_core datasets --download {self.spec.name}', or use the "
                "embedded data set 'digits', which needs no download."
            )
        train_images, train_labels = self._read(train=True)
        test_images, test_labels = self._read(train=False)
        cut = len(train_images) - min(NUM_VAL, max(1, len(train_images) // 12))
        return Dataset(
            self.spec,
            train=ImageSource(self.spec, train_images[:cut], train_labels[:cut]),
            val=ImageSource(self.spec, train_images[cut:], train_labels[cut:]),
            test=ImageSource(self.spec, test_images, test_labels),
        )

    def _read(self, *, train: bool) -> tuple[torch.Tensor, torch.Tensor]:
        names = FILES[:2] if train else FILES[2:]
        try:
            pictures, classes = (read_idx(self.folder / name) for name in names)
        except (ValueError, OSError) as error:
            raise self._damaged(str(error) or type(error).__name__) from error
        if pictures.ndim != 3 or classes.ndim != 1:
            raise self._damaged(f"arrays are {pictures.shape} and {classes.shape}")
        images, labels = torch.from_numpy(pictures)[:, None], torch.from_numpy(classes).long()
        if images.shape[1:] != self.spec.event_shape:
            raise self._damaged(f"images are {tuple(images.shape[1:])}")
        if len(images) != len(labels) or len(images) < 2:
            raise self._damaged(f"{len(images)} images but {len(labels)} labels")
        if int(labels.max()) >= len(self.spec.class_names):
            raise self._damaged(f"a label is {int(labels.max())}")
        return images, labels

    def _damaged(self, what: str) -> DatasetError:
        return DatasetError(
            f"{self.spec.title} in {self.folder.resolve()} is damaged ({what}). Delete that "
            f"folder and run 'python -m vae_core datasets --download {self.spec.name}'."
        )

    def download(self, progress: Progress | None = None) -> None:
        """Fetch, verify and unpack the four files; nothing half-downloaded is left behind.

        Args:
            progress: called now and then with (bytes done, bytes in all).

        Raises:
            DatasetError: when no mirror answers, a file fails its checksum, or the disk is full.
        """
        if self.is_present():
            return
        root = self.folder.parent.parent
        try:
            root.mkdir(parents=True, exist_ok=True)
            _sweep(root)
            with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=root) as partial:
                raw = Path(partial) / "raw"
                raw.mkdir()
                self._fetch_all(raw, progress)
                if self.is_present():
                    return  # somebody else was faster
                # A folder that lacks some files is replaced as a whole.
                shutil.rmtree(self.folder, ignore_errors=True)
                self.folder.parent.mkdir(exist_ok=True)
                raw.rename(self.folder)
        except (OSError, HTTPException, EOFError) as error:
            raise DatasetError(
                f"{self.spec.title} could not be fetched ({error}); nothing was kept. Check the "
                f"connection and the disk, or put the files into {self.folder.resolve()} (or "
                "another folder named by VAELAB_DATA), or use the embedded data set 'digits'."
            ) from error

    def _fetch_all(self, raw: Path, progress: Progress | None) -> None:
        mirrors, files = self.source.mirrors, self._files()
        total = sum(_size(mirrors[0] + name) for name, _ in files) if progress else 0
        done = 0

        def tell(num_bytes: int) -> None:
            if progress:
                progress(done + num_bytes, max(total, done + num_bytes))

        for name, md5 in files:
            errors: list[str] = []
            for mirror in mirrors:
                try:
                    done += _fetch(mirror + name, md5, raw / name.removesuffix(".gz"), tell)
                    break
                except (OSError, HTTPException) as error:
                    errors.append(str(error).strip())
                    if isinstance(error, HTTPError):
                        error.close()  # it holds the connection
            else:
                raise OSError("; ".join(errors))
        total = done
        tell(0)

    def _files(self) -> list[tuple[str, str]]:
        files: list[tuple[str, str]] = self.source.resources
        return files


def _fetch(url: str, md5: str, target: Path, tell: Callable[[int], None]) -> int:
    """Stream one gzip file, check it, unpack it to `target`; return its compressed size."""
    packed = bytearray()
    with urlopen(url, timeout=TIMEOUT_S) as answer:  # noqa: S310  (https mirrors of torchvision)
        while chunk := answer.read(CHUNK_BYTES):
            packed += chunk
            tell(len(packed))
    if hashlib.md5(packed, usedforsecurity=False).hexdigest() != md5:
        raise OSError(f"{url}: wrong checksum after {len(packed)} bytes")
    target.write_bytes(gzip.decompress(packed))
    return len(packed)


def _sweep(root: Path) -> None:
    """Remove what a download that was killed has left; younger ones may be another's."""
    for folder in root.glob(f"{PARTIAL}*"):
        if time.time() - folder.stat().st_mtime > ABANDONED_S:
            shutil.rmtree(folder, ignore_errors=True)


def _size(url: str) -> int:
    """Bytes that a file will take to fetch; 0 when the mirror does not say."""
    try:
        with urlopen(Request(url, method="HEAD"), timeout=TIMEOUT_S) as answer:  # noqa: S310
            return int(answer.headers.get("Content-Length") or 0)
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()
        return 0


_DIGITS = tuple("0123456789")
_KANA = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def _spec(name: str, title: str, item: str, class_names: tuple[str, ...]) -> DataSpec:
    return DataSpec(
        name=name,
        title=title,
        item=item,
        event_shape=(1, 28, 28),
        levels=256,
        class_names=class_names,
        conditions=class_and_strokes(class_names),
    )


MNIST = MnistFamily(_spec("mnist", "MNIST", "handwritten digit", _DIGITS), "MNIST")
FASHION_MNIST = MnistFamily(
    _spec("fashion-mnist", "Fashion-MNIST", "piece of clothing", _CLOTHES), "FashionMNIST"
)
KMNIST = MnistFamily(_spec("kmnist", "KMNIST", "handwritten kana", _KANA), "KMNIST")
