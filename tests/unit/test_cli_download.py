"""`datasets --download`, from a server on loopback."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torchvision

from tests.unit._cli import cli, refuses, truncate
from tests.unit.test_mnist import made_files


@dataclass
class Mirror:
    url: str
    server: ThreadingHTTPServer
    thread: Thread

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    served = tmp_path / "served"
    served.mkdir()
    resources = []
    for name, content in made_files().items():
        packed = gzip.compress(content)
        (served / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(served)))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/"
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "mirrors", [url])
    monkeypatch.setattr(torchvision.datasets.FashionMNIST, "resources", resources)
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path / "data"))
    mirror = Mirror(url, server, thread)
    yield mirror
    if thread.is_alive():
        mirror.stop()


def test_a_data_set_is_fetched_on_request_and_can_be_trained_on(
    mirror: Mirror, tmp_path: Path
) -> None:
    output = cli("datasets", "--download", "fashion-mnist", "--json")
    assert output.code == 0, output
    assert output.json["fashion-mnist"]["present"] is True
    assert sorted(path.name for path in (tmp_path / "data").rglob("*")) == sorted(
        ["FashionMNIST", "raw", *made_files()]
    )
    mirror.stop()
    assert cli("datasets", "--download", "fashion-mnist").code == 0  # it is there already
    words = ("--dataset", "fashion-mnist", "--epochs", 1, "--out", tmp_path / "run", "--json")
    assert cli("train", *words).json["num_images"] == 5


def test_a_server_that_is_gone_is_a_clear_error_and_nothing_stays_behind(
    mirror: Mirror, tmp_path: Path
) -> None:
    mirror.stop()
    words = ("datasets", "--download", "fashion-mnist")
    output = refuses(1, "Fashion-MNIST could not be fetched .*; nothing was kept", *words)
    assert "VAELAB_DATA" in output.stderr
    assert "'digits'" in output.stderr
    assert list((tmp_path / "data").rglob("*")) == []


def test_a_damaged_download_is_not_kept(mirror: Mirror, tmp_path: Path) -> None:
    truncate(tmp_path / "served" / "t10k-images-idx3-ubyte.gz")
    refuses(1, "wrong checksum after", "datasets", "--download", "fashion-mnist")
    assert list((tmp_path / "data").rglob("*")) == []


def test_the_embedded_data_set_needs_no_download() -> None:
    output = cli("datasets", "--download", "digits")
    assert output.code == 0
    assert "Digits 8x8 is embedded; nothing to fetch." in output.stdout
