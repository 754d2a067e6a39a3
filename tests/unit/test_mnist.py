"""MNIST and its look-alikes: read, refused when damaged, fetched from a server on loopback."""

import gzip
import hashlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision

from vae_core.data import DATASETS, Dataset, dataset_entry, load_dataset
from vae_core.errors import DatasetError

CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
NUM = {"train": 24, "t10k": 5}
every_family = pytest.mark.parametrize("name", CLASSES)


def idx(array: np.ndarray) -> bytes:
    """The IDX format of Yann LeCun's page: magic 0x0000 08 ndim, sizes, bytes."""
    return struct.pack(f">{1 + array.ndim}I", 0x0800 + array.ndim, *array.shape) + array.tobytes()


def made_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    return {
        f"{part}-{kind}": idx(array.astype(np.uint8))
        for part, num in NUM.items()
        for kind, array in (
            ("images-idx3-ubyte", rng.integers(0, 256, (num, 28, 28))),
            ("labels-idx1-ubyte", np.arange(num) % 10),
        )
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    return tmp_path


def install(folder: Path, name: str) -> Path:
    raw = folder / CLASSES[name] / "raw"
    raw.mkdir(parents=True)
    for file, content in made_files().items():
        (raw / file).write_bytes(content)
    return raw


def test_the_real_mnist_has_its_sizes_and_its_first_labels(mnist: Dataset) -> None:
    assert [len(mnist.split(name)) for name in ("train", "val", "test")] == [55_000, 5_000, 10_000]
    assert mnist.train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    x = mnist.train.pixels(0, 100)
    assert x.shape == (100, 1, 28, 28)
    assert (float(x.min()), float(x.max())) == (0.0, 1.0)
    # The mean of MNIST's training pixels, known to everyone who ever normalised them.
    assert mnist.train.images.float().mean().item() / 255 == pytest.approx(0.1307, abs=0.0005)


@every_family
def test_a_data_set_on_this_computer_is_read_and_split(folder: Path, name: str) -> None:
    raw = install(folder, name)
    data = load_dataset(name)
    images = np.frombuffer((raw / "train-images-idx3-ubyte").read_bytes()[16:], np.uint8)
    assert dataset_entry(name).is_present()
    assert [len(data.split(split)) for split in ("train", "val", "test")] == [22, 2, 5]
    np.testing.assert_array_equal(
        torch.cat([data.train.images, data.val.images]).flatten().numpy(), images
    )
    assert data.val.labels.tolist() == [2, 3]
    assert data.test.labels.tolist() == [0, 1, 2, 3, 4]


@every_family
def test_the_class_names_are_those_of_torchvision(name: str) -> None:
    theirs = getattr(torchvision.datasets, CLASSES[name]).classes
    expected = [str(place) for place in range(10)] if name == "mnist" else theirs
    assert list(dataset_entry(name).spec.class_names) == list(expected)


@every_family
def test_an_absent_data_set_names_the_folder_the_variable_and_the_embedded_one(
    folder: Path, name: str
) -> None:
    assert not dataset_entry(name).is_present()
    with pytest.raises(DatasetError, match="is not on this computer") as caught:
        load_dataset(name)
    text = str(caught.value)
    assert str(folder.resolve() / CLASSES[name] / "raw") in text
    assert "VAELAB_DATA" in text
    assert "'digits'" in text
    assert f"datasets --download {name}" in text


def test_without_the_variable_the_data_folder_is_looked_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VAELAB_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DatasetError, match=str(tmp_path.resolve() / "data" / "KMNIST" / "raw")):
        load_dataset("kmnist")


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        pytest.param("train-images-idx3-ubyte", lambda old: old[:-100], id="truncated images"),
        pytest.param("t10k-labels-idx1-ubyte", lambda old: old[:-1], id="truncated labels"),
        pytest.param("train-labels-idx1-ubyte", lambda old: b"", id="empty"),
        pytest.param("t10k-images-idx3-ubyte", lambda old: b"\x00\x00", id="half a magic number"),
        pytest.param("train-images-idx3-ubyte", lambda old: b"PK\3\4" + old[4:], id="wrong magic"),
        pytest.param("train-images-idx3-ubyte", lambda old: old + b"\0", id="longer than it says"),
        pytest.param(
            "train-images-idx3-ubyte",
            lambda old: idx(np.zeros((24, 14, 14), np.uint8)),
            id="images of another size",
        ),
        pytest.param(
            "train-labels-idx1-ubyte",
            lambda old: idx(np.full(24, 10, np.uint8)),
            id="labels out of range",
        ),
        pytest.param(
            "train-labels-idx1-ubyte",
            lambda old: idx(np.zeros(23, np.uint8)),
            id="a label too few",
        ),
        pytest.param(
            "t10k-labels-idx1-ubyte",
            lambda old: idx(np.zeros((5, 28, 28), np.uint8)),
            id="images in place of labels",
        ),
    ],
)
def test_damaged_files_are_refused_with_their_folder(
    folder: Path, file: str, damage: Callable[[bytes], bytes]
) -> None:
    raw = install(folder, "kmnist")
    (raw / file).write_bytes(damage((raw / file).read_bytes()))
    with pytest.raises(DatasetError, match=rf"KMNIST in {raw.resolve()} is damaged .* Delete that"):
        load_dataset("kmnist")


@dataclass
class Server:
    """Serves the four made files; `faults` says how a file is answered instead."""

    url: str
    faults: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    packed = {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in made_files().items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            made.asked.append(self.path)
            fault, body = made.faults.get(name), packed[name]
            if fault == "missing" or self.path.startswith("/broken/"):
                self.send_error(404)
                return
            if fault == "gibberish":
                self.wfile.write(b"what?\r\n\r\n")
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            sent = {"dropped": body[: len(body) // 2], "altered": body[:-1] + b"!"}
            self.wfile.write(sent.get(fault or "", body))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        made = Server(f"http://127.0.0.1:{http.server_port}/")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        resources = [
            (name, hashlib.md5(body, usedforsecurity=False).hexdigest())
            for name, body in packed.items()
        ]
        for name in CLASSES.values():
            family = getattr(torchvision.datasets, name)
            monkeypatch.setattr(family, "mirrors", [made.url])
            monkeypatch.setattr(family, "resources", resources)
        yield made
        http.shutdown()
        thread.join()


@every_family
def test_a_download_is_followed_by_progress_and_can_be_loaded(
    server: Server, folder: Path, name: str
) -> None:
    told: list[tuple[int, int]] = []
    DATASETS[name].download(lambda done, total: told.append((done, total)))
    done = [bytes_done for bytes_done, _ in told]
    assert len(told) >= 4
    assert done == sorted(done)
    assert all(bytes_done <= total for bytes_done, total in told)
    assert told[-1][0] == told[-1][1] > 0
    assert [path.name for path in folder.iterdir()] == [CLASSES[name]]
    assert len(load_dataset(name).train) == 22


def test_what_is_already_here_is_not_fetched_again(server: Server, folder: Path) -> None:
    DATASETS["kmnist"].download(None)
    num_asked = len(server.asked)
    DATASETS["kmnist"].download(None)
    assert len(server.asked) == num_asked == 4


def test_a_folder_that_lacks_a_file_is_completed(server: Server, folder: Path) -> None:
    (install(folder, "kmnist") / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(DatasetError, match="is not on this computer"):
        load_dataset("kmnist")
    DATASETS["kmnist"].download(None)
    assert len(load_dataset("kmnist").test) == 5


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("altered", "wrong checksum"),
        ("dropped", "wrong checksum|IncompleteRead"),
        ("missing", "404"),
        ("gibberish", "what"),
    ],
)
def test_a_failed_download_keeps_nothing(
    server: Server, folder: Path, fault: str, text: str
) -> None:
    server.faults["t10k-images-idx3-ubyte.gz"] = fault
    with pytest.raises(DatasetError, match=rf"KMNIST could not be fetched \(.*({text}).*'digits'"):
        DATASETS["kmnist"].download(None)
    assert len(server.asked) >= 3
    assert not list(folder.iterdir())


def test_without_a_server_a_download_fails_and_keeps_nothing(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}/"
    monkeypatch.setattr(torchvision.datasets.KMNIST, "mirrors", [nobody])
    with pytest.raises(DatasetError, match=r"could not be fetched .*refused.*VAELAB_DATA"):
        DATASETS["kmnist"].download(None)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("fault", ["missing", "altered", "dropped", "gibberish"])
def test_the_second_mirror_is_asked_when_the_first_fails(
    server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    file = "train-labels-idx1-ubyte.gz"
    server.faults[file] = fault
    real = torchvision.datasets.KMNIST.mirrors

    class Second(str):
        """A mirror that heals the server when it is asked."""

        def __add__(self, name: str) -> str:
            server.faults.clear()
            return str(self) + name

    monkeypatch.setattr(torchvision.datasets.KMNIST, "mirrors", [*real, Second(real[0])])
    DATASETS["kmnist"].download(None)
    assert len(load_dataset("kmnist").train) == 22
