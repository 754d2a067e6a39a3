"""A model as one file: there and back, and everything else refused."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save

from vae_core import load_checkpoint, runs
from vae_core.directions import add_direction, directions_of
from vae_core.errors import CheckpointError
from vae_core.parcel import MAX_BYTES, check_header, pack, unpack


@pytest.mark.parametrize("name", ["digits-2d", "digits-ae-2d", "digits-cvae-2d", "mnist-16d"])
def test_a_model_comes_back_as_it_was_as_a_saved_run(bundled: Path, name: str) -> None:
    run = unpack(pack(bundled / name))
    before, after = load_checkpoint(bundled / name), load_checkpoint(run.folder)
    for key, value in before.model.state_dict().items():
        assert torch.equal(value, after.model.state_dict()[key]), key
    assert torch.equal(before.latents.encoded.mean, after.latents.encoded.mean)
    assert torch.equal(before.latents.label, after.latents.label)
    assert after.record.summary == before.record.summary
    assert after.record.config == before.record.config
    assert after.record.status == "finished"
    assert [record.id for record in runs.saved()] == [run.id]
    assert runs.open_run(run.id).folder == run.folder


def test_its_name_is_kept_or_numbered(bundled: Path) -> None:
    content = pack(bundled / "digits-2d")
    names = [unpack(content).record().name for _ in range(3)]
    assert names == ["digits-2d 2", "digits-2d 3", "digits-2d 4"]


def test_directions_travel_and_the_owner_does_not(bundled: Path) -> None:
    add_direction(bundled / "digits-2d", 2, "wide", [1.0, 0.5], 3, 4)
    run = unpack(pack(bundled / "digits-2d"))
    assert [one.name for one in directions_of(run.folder)] == ["wide"]
    run.update(owner="a" * 64)
    assert b"a" * 64 not in pack(run.folder)


def test_directions_from_before_it_was_trained_anew_stay_behind(bundled: Path) -> None:
    add_direction(bundled / "digits-2d", 3, "old", [1.0, 0.5, 0.5], 3, 4)
    assert directions_of(unpack(pack(bundled / "digits-2d")).folder) == []


def parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: Any, block: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + block


def with_header(change: Callable[[dict[str, Any]], Any]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        header, block = parts(content)
        return joined(change(header) or header, block)

    return changed


def with_record(**changes: Any) -> Callable[[bytes], bytes]:
    def change(header: dict[str, Any]) -> None:
        record = json.loads(header["__metadata__"]["record"])
        for path, value in changes.items():
            *names, last = path.split("__")
            part = record
            for name in names:
                part = part[name]
            part[last] = value
        header["__metadata__"]["record"] = json.dumps(record)

    return with_header(change)


def with_tensors(change: Callable[[dict[str, torch.Tensor]], None]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        tensors = load(content)
        change(tensors)
        return save(tensors, parts(content)[0]["__metadata__"])

    return changed


def with_latents(num: int) -> Callable[[bytes], bytes]:
    """All but the first few pictures' latents left out."""
    return with_tensors(
        lambda t: t.update({name: t[name][:num] for name in t if name[:8] == "latents/"})
    )


def with_directions(*directions: dict[str, Any]) -> Callable[[bytes], bytes]:
    return with_header(lambda h: h["__metadata__"].update(directions=json.dumps(directions)))


FIRST = "model/encoder.1.weight"
WIDE = {"name": "wide", "vector": [1.0, 0.5], "num_a": 3, "num_b": 4}


def overlap(header: dict[str, Any]) -> None:
    names = [name for name in header if name != "__metadata__"]
    size = header[names[0]]["data_offsets"]
    header[names[1]]["data_offsets"] = size
    header[names[1]] |= {key: header[names[0]][key] for key in ("shape", "dtype")}


NOT_ITS, NO_FIT = "is not as its model", "does not fit together"
UNKNOWN, NO_NUMBERS = "not one that this version", "not whole numbers"
HOSTILE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "empty": (lambda _: b"", "does not begin"),
    "short": (lambda c: c[:7], "does not begin"),
    "cut in the header": (lambda c: c[:100], "does not begin"),
    "cut in the block": (lambda c: c[:-10], "overlap, leave gaps, or reach"),
    "longer": (lambda c: c + b"x", "overlap, leave gaps, or reach"),
    "a pickle": (lambda _: pickle.dumps({"weights": [1, 2]}), "does not begin"),
    "a zip": (lambda _: b"PK\x03\x04" + bytes(100), "does not begin"),
    "too large": (lambda _: bytes(MAX_BYTES + 1), "larger than 64 MiB"),
    "a huge header": (lambda c: (2**40).to_bytes(8, "little") + c[8:], "does not begin"),
    "no JSON": (lambda _: joined(b"{" * 50, b""), "header is not JSON"),
    "deep JSON": (lambda _: joined(b"[" * 100_000, b""), "header is not JSON"),
    "not UTF-8": (lambda _: joined(b"\xff" * 50, b""), "header is not JSON"),
    "a list": (lambda _: joined([1, 2], b""), "not a list of at most"),
    "many tensors": (
        lambda _: joined({str(n): {} for n in range(3_000)}, b""), "not a list of at most"
    ),
    "no description": (
        with_header(lambda h: {k: v for k, v in h.items() if k[0] != "_"}), "no description"
    ),
    "another format": (
        with_header(lambda h: h["__metadata__"].update(format="other")), UNKNOWN
    ),
    "overlapping": (with_header(overlap), "overlap"),
    "of doubles": (with_tensors(lambda t: t.update({FIRST: t[FIRST].double()})), "type 'F64'"),
    "of integers": (with_tensors(lambda t: t.update({FIRST: t[FIRST].int()})), NOT_ITS),
    "shape of text": (with_header(lambda h: h[FIRST].update(shape="2")), NO_NUMBERS),
    "negative shape": (with_header(lambda h: h[FIRST].update(shape=[-1, 64])), NO_NUMBERS),
    "vast shape": (with_header(lambda h: h[FIRST].update(shape=[2**62, 2**62])), NO_NUMBERS),
    "true shape": (with_header(lambda h: h[FIRST].update(shape=[True])), NO_NUMBERS),
    "wrong shape": (with_header(lambda h: h[FIRST].update(shape=[1, 3])), "does not fill"),
    "other keys": (with_header(lambda h: h[FIRST].update(more=1)), "other things"),
    "a missing weight": (with_tensors(lambda t: t.pop(FIRST)), NOT_ITS),
    "an extra weight": (with_tensors(lambda t: t.update({"model/x": torch.ones(1)})), "'model/x'"),
    "a foreign tensor": (with_tensors(lambda t: t.update({"x": torch.ones(1)})), "'x'"),
    "transposed": (with_tensors(lambda t: t.update({FIRST: t[FIRST].T.contiguous()})), NOT_ITS),
    "not finite": (with_tensors(lambda t: t[FIRST].fill_(torch.nan)), "not finite"),
    "labels beyond": (with_tensors(lambda t: t["latents/label"].fill_(10)), NO_FIT),
    "no latents": (
        with_tensors(lambda t: [t.pop(n) for n in list(t) if n[0] == "l"]), NO_FIT
    ),
    "latents too many": (
        with_tensors(lambda t: t.update({"latents/more": torch.ones(2)})), NO_FIT
    ),
    "of another data set": (with_record(config__dataset="mnist"), "not those of MNIST"),
    "of no data set": (with_record(config__dataset="../../etc"), UNKNOWN),
    "vast pictures": (with_record(spec__event_shape=[1, 60_000, 60_000]), "not those of Digits"),
    "a long word": (with_record(num_done="y" * 900_000), "num_done: received 'yyy"),
    "a long name": (with_record(config__dataset="x" * 900_000), "Unknown data set 'xxx"),
    "a long key": (with_record(**{"x" * 900_000: 1}), UNKNOWN),
    "many wrongs": (with_record(versions=dict.fromkeys(map(str, range(50_000)), 1)), "more"),
    "a vast latent": (with_record(config__model__latent_dim=10**9), UNKNOWN),
    "vast layers": (with_record(config__model__hidden=[10**9]), UNKNOWN),
    "large layers": (with_record(config__model__hidden=[4096] * 8), NOT_ITS),
    "a record of text": (
        with_header(lambda h: h["__metadata__"].update(record="{")), UNKNOWN
    ),
    "deep record": (
        with_header(lambda h: h["__metadata__"].update(record="[" * 100_000)),
        UNKNOWN,
    ),
    "one quantile": (with_record(latent_quantiles=[[0.0]]), "2 x 7 ascending numbers"),
    "a quantile short": (with_record(latent_quantiles=[[0.0] * 7]), "2 x 7 ascending numbers"),
    "falling quantiles": (
        with_record(latent_quantiles=[[0.0] * 7, [6, 5, 4, 3, 2, 1, 0]]), "2 x 7 ascending"
    ),
    "no quantiles": (with_record(latent_quantiles=[]), "lacks what was measured"),
    "no KL": (with_record(kl_per_dim=[]), "lacks what was measured"),
    "a KL short": (with_record(kl_per_dim=[1.0]), "kl_per_dim: .* 2 numbers are expected"),
    "a KL more": (with_record(kl_per_dim=[1.0] * 3), "kl_per_dim: .* 2 numbers are expected"),
    "many errors": (with_record(error_quantiles=[1.0] * 500), "1 x 7 ascending"),
    "falling errors": (with_record(error_quantiles=[7, 6, 5, 4, 3, 2, 1]), "1 x 7 ascending"),
    "text for a split": (with_record(summary__split="<img src=x>"), "split"),
    "no picture's latents": (with_latents(0), "fewer than 2 pictures"),
    "one picture's latents": (with_latents(1), "fewer than 2 pictures"),
    "bad directions": (with_directions({"name": 3}), UNKNOWN),
    "directions alike": (with_directions(WIDE, WIDE), "already a direction called 'wide'"),
    "a direction nowhere": (with_directions(WIDE | {"vector": [0, 0]}), "have the same middle"),
    "a direction too far": (with_directions(WIDE | {"vector": [1.7e308, 1.7e308]}), "length inf"),
    "a long direction": (with_directions(WIDE | {"vector": [1, 0, 0]}), "2 finite numbers"),
    "an unseen direction": (with_directions(WIDE | {"name": "\x00"}), "a name of 1 to 30"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_file_is_refused_and_leaves_nothing(bundled: Path, root: Path, case: str) -> None:
    change, said = HOSTILE[case]
    content = change(pack(bundled / "digits-2d"))
    with pytest.raises(CheckpointError, match=said) as error:
        unpack(content)
    assert "Choose a file that this program wrote" in str(error.value)
    assert str(root) not in str(error.value)
    assert len(str(error.value)) < 1_000
    assert not root.exists() or not list(root.iterdir())


@pytest.mark.parametrize(
    ("before", "after"),
    [("finished", "finished"), ("stopped", "stopped"), ("diverged", "diverged"),
     ("running", "stopped"), ("paused", "stopped"), ("failed", "stopped")],
)  # fmt: skip
def test_how_far_it_was_trained_travels_with_it(bundled: Path, before: str, after: str) -> None:
    change = with_record(status=before, num_done=30)
    record = unpack(change(pack(bundled / "digits-2d"))).record()
    assert (record.status, record.num_done, record.num_steps) == (after, 30, 3_800)
    assert record.is_repeatable == (after == "finished")
    assert ("at step 30 of 3,800" in record.story) == (after != "finished")


@pytest.mark.parametrize("elsewhere", ["/home/somebody/base", "f" * 24, "a name", "../base"])
def test_what_it_started_from_is_told_where_that_is_not_here(bundled: Path, elsewhere: str) -> None:
    content = with_record(config__init_from=elsewhere)(pack(bundled / "digits-2d"))
    record = unpack(content).record()
    again = unpack(pack(runs.runs_root() / record.id)).record()
    for found in (record, again):
        assert (found.config.init_from, found.is_repeatable) == (None, False)
        assert found.started_from == Path(elsewhere).name
        assert "which are not on this computer" in found.story


def test_what_it_started_from_stays_where_that_is_here(bundled: Path) -> None:
    content = with_record(config__init_from="digits-ae-2d")(pack(bundled / "digits-2d"))
    record = unpack(content).record()
    assert (record.config.init_from, record.started_from) == ("digits-ae-2d", None)
    assert record.story == "Started from the weights of digits-ae-2d."


def test_an_id_or_owner_inside_is_not_believed(bundled: Path, root: Path) -> None:
    change = with_record(
        id="../../x", owner="b" * 64, name="<script>alert(1)</script>", status="running"
    )
    run = unpack(change(pack(bundled / "digits-2d")))
    assert run.folder.parent == root
    record = run.record()
    assert (record.id, record.owner, record.status) == (run.id, None, "stopped")
    assert record.name == "<script>alert(1)</script>"  # pages show names as plain text


def test_the_header_of_what_we_write_is_right(bundled: Path) -> None:
    header = check_header(pack(bundled / "mnist-2d"))
    assert {name.split("/")[0] for name in header} == {"__metadata__", "model", "latents"}
