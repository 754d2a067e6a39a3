"""A model as one file, to be carried elsewhere: safetensors with its description inside.

Whatever comes back may be hostile. Its header is read by us before anything else sees the file: the
tensors must be exactly those of the model that the description names, which is laid out without
memory first. No pickle is ever read.
"""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from vae_core import runs
from vae_core.catalogue import bundled, folder_of
from vae_core.checkpoints import (
    LATENTS_FILE,
    MODEL_FILE,
    load_checkpoint,
    read_tensors,
)
from vae_core.data import dataset_entry
from vae_core.directions import Direction, add_direction, directions_of
from vae_core.errors import CheckpointError, InvalidInputError, VAELabError
from vae_core.files import disk_error, write_atomically
from vae_core.models import build_model
from vae_core.record import MAX_REFERENCE, RunRecord, read_record, write_record
from vae_core.runs import Run
from vae_core.schema import Config
from vae_core.showable import check_showable

FORMAT = "vaelab-1"
MAX_BYTES = 64 * 2**20
MAX_HEADER_BYTES = 2**20
MAX_TENSORS = 2_000
ENDS = ("finished", "stopped", "diverged")  # of a training, with weights to show for it
SIZES = {"F16": 2, "F32": 4, "I64": 8, "I32": 4, "U8": 1}
MODEL, LATENTS = "model/", "latents/"
ARE_WHOLE = {"mean": False, "logvar": False, "label": True, "split": True, "index": True}
_ADVICE = "Choose a file that this program wrote (Share, then Checkpoint)."


class _Inside(Config):
    """What lies in the header beside the tensors."""

    format: str = Field(pattern=f"^{FORMAT}$")
    record: RunRecord
    directions: tuple[Direction, ...] = Field(default=(), max_length=12)


def pack(folder: Path) -> bytes:
    """Put a model, bundled or a run's, into one file; whose it is stays out of it.

    Raises:
        CheckpointError: when its files are missing or damaged.
    """
    record = read_record(folder).evolve(owner=None)
    tensors = {
        prefix + name: value
        for prefix, file in ((MODEL, MODEL_FILE), (LATENTS, LATENTS_FILE))
        for name, value in read_tensors(folder / file).items()
    }
    latent_dim = record.config.model.latent_dim
    directions = [
        one.model_dump(mode="json")
        for one in directions_of(folder)
        if len(one.vector) == latent_dim  # not those from before it was trained anew
    ]
    inside = {
        "format": FORMAT,
        "record": record.model_dump_json(),
        "directions": json.dumps(directions),
    }
    return save(tensors, inside)


def unpack(content: bytes, *, owner: str | None = None, max_parameters: int | None = None) -> Run:
    """Make a saved run of a file that `pack` wrote, on this computer or another.

    Args:
        content: of the file.
        owner: hash of the token of whoever brings it.
        max_parameters: of a model that is taken; None for as many as the file may hold.

    Returns:
        A new run, at an end as it was, under the name that it had, or the next free one like it.

    Raises:
        CheckpointError: when it is anything else; nothing of it stays.
        RunError: when the disk is full.
    """
    header = check_header(content)
    inside = _inside(header.pop("__metadata__", None))
    record = _checked_record(inside.record).evolve(owner=owner)
    _check_tensors(header, record, max_parameters)
    try:
        tensors = load(content)
    except (SafetensorError, ValueError, KeyError) as error:
        raise _refused(f"its tensors cannot be read ({error})") from error
    return _written(record, tensors, inside.directions)


def check_header(content: bytes) -> dict[str, Any]:
    """Read the header of a safetensors file, and refuse whatever is not quite one.

    Returns:
        Name -> {"dtype", "shape", "data_offsets"}; and "__metadata__", if there is any.

    Raises:
        CheckpointError: naming what is wrong.
    """
    if len(content) > MAX_BYTES:
        raise _refused(f"it is larger than {MAX_BYTES // 2**20} MiB")
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or not 2 <= length <= min(MAX_HEADER_BYTES, len(content) - 8):
        raise _refused("it does not begin as a safetensors file does")
    try:
        header = json.loads(content[8 : 8 + length].decode())
    except (ValueError, RecursionError) as error:
        raise _refused("its header is not JSON") from error
    if not isinstance(header, dict) or len(header) > MAX_TENSORS:
        raise _refused(f"its header is not a list of at most {MAX_TENSORS:,} tensors")
    entries = [entry for name, entry in header.items() if name != "__metadata__"]
    spans = sorted(_span(entry) for entry in entries)
    ends = [0, *(end for _, end in spans)]
    starts = [*(start for start, _ in spans), len(content) - 8 - length]
    if ends != starts:
        raise _refused("its tensors overlap, leave gaps, or reach beyond its end")
    return header


def _span(entry: object) -> tuple[int, int]:
    """Where a tensor's bytes begin and end, once all that is said of it fits together."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _refused("it describes a tensor by other things than type, shape and place")
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(dtype, str) or dtype not in SIZES:
        raise _refused(f"it holds a tensor of type {str(dtype)[:20]!r}, not {', '.join(SIZES)}")
    if not _are_counts(shape, 8) or not _are_counts(offsets, 2) or len(offsets) != 2:
        raise _refused("the shape or place of a tensor is not whole numbers")
    start, end = offsets
    if end - start != prod(shape) * SIZES[dtype]:
        raise _refused(f"a tensor of shape {shape} does not fill its {end - start} bytes")
    return start, end


def _are_counts(values: object, most: int) -> bool:
    is_list = isinstance(values, list) and len(values) <= most
    return is_list and all(type(value) is int and 0 <= value <= MAX_BYTES for value in values)  # type: ignore[attr-defined]


def _inside(metadata: object) -> _Inside:
    if not isinstance(metadata, Mapping):
        raise _refused("it holds no description of a model")
    try:
        return _Inside.parse(
            {
                "format": metadata.get("format"),
                "record": _parsed(metadata.get("record", "")),
                "directions": _parsed(metadata.get("directions", "[]")),
            }
        )
    except (ValueError, TypeError, RecursionError, VAELabError) as error:
        raise _refused(f"its description is not one that this version knows ({error})") from error


def _parsed(text: str) -> Any:
    """JSON whose texts can be written again: half a surrogate pair, which it may hold, cannot."""
    found = json.loads(text)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def _checked_record(record: RunRecord) -> RunRecord:
    """The description as it is kept here: of a data set that is known, at an end."""
    known = dataset_entry(record.config.dataset).spec
    same = ("name", "event_shape", "levels", "class_names")
    if any(getattr(record.spec, name) != getattr(known, name) for name in same):
        raise _refused(f"its pictures are not those of {known.title}")
    is_vae = record.config.model.posterior == "gaussian"
    if not record.latent_quantiles or (is_vae and not record.kl_per_dim):
        raise _refused("its description lacks what was measured of its latent numbers")
    config, started_from = record.config, record.started_from
    if config.init_from is not None and not _is_here(config.init_from):
        started_from = Path(config.init_from).name[:MAX_REFERENCE]
        config = config.evolve(init_from=None)
    return record.evolve(
        id=secrets.token_hex(12),
        name=_free_name(record.title),
        status=record.status if record.status in ENDS else "stopped",
        config=config,
        started_from=started_from,
        spec=known,
        error=None,
    )


def _is_here(reference: str) -> bool:
    """Whether a model is known by this id; any other reference leads anywhere."""
    try:
        folder_of(reference)
    except CheckpointError:
        return False
    return True


def _free_name(wanted: str) -> str:
    """The name, shortened to what is allowed, or with a number where it is taken."""
    plain = "".join(c for c in " ".join(wanted.split()) if c.isprintable()) or "uploaded"
    taken = {record.name for record in [*bundled(), *runs.saved()]}
    plain = plain[: runs.MAX_NAME_LENGTH - 4]
    numbered = (plain if number == 1 else f"{plain} {number}" for number in range(1, 1_000))
    return next((name for name in numbered if name not in taken), f"{plain} {secrets.token_hex(2)}")


def _check_tensors(
    header: Mapping[str, Any], record: RunRecord, max_parameters: int | None
) -> None:
    """Compare the weights with those of the model, laid out without memory."""
    try:
        with torch.device("meta"):
            model = build_model(record.config.model, record.spec)
    except VAELabError as error:
        raise _refused(f"its model cannot be built ({error})") from error
    num = sum(parameter.numel() for parameter in model.parameters())
    if max_parameters is not None and num > max_parameters:
        raise _refused(f"its model has {num:,} parameters, and {max_parameters:,} are allowed here")
    expected = {
        MODEL + name: (list(value.shape), value.is_floating_point())
        for name, value in model.state_dict().items()
    }
    received = {
        name: (entry["shape"], entry["dtype"].startswith("F"))
        for name, entry in header.items()
        if not name.startswith(LATENTS)
    }
    for name, is_whole in ARE_WHOLE.items():
        dtype = header.get(LATENTS + name, {}).get("dtype")
        if dtype is not None and dtype.startswith("F") == is_whole:
            raise _refused(f"the tensor {LATENTS + name!r} is of type {dtype}")
    if received != expected:
        names = received.keys() ^ expected.keys() or {
            name for name in expected if received[name] != expected[name]
        }
        raise _refused(f"the tensor {min(names)[:80]!r} is not as its model has it")


def _written(
    record: RunRecord, tensors: Mapping[str, Tensor], directions: tuple[Direction, ...]
) -> Run:
    """Write all of it beside the runs, look at it as at any checkpoint, then move it among them."""
    root = runs.runs_root()
    folder = root / f".incoming-{record.id}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise disk_error(folder, error) from error
    try:
        for prefix, file in ((MODEL, MODEL_FILE), (LATENTS, LATENTS_FILE)):
            mine = {n.removeprefix(prefix): v for n, v in tensors.items() if n.startswith(prefix)}
            write_atomically(folder / file, save(mine))
        write_record(folder, record)
        found = load_checkpoint(folder)
        for one in directions:
            add_direction(
                folder, record.config.model.latent_dim, one.name, one.vector, one.num_a, one.num_b
            )
        check_showable(found, directions)
        return Run(folder.replace(root / record.id))
    except InvalidInputError as error:
        why = str(error).rstrip(".")
        raise _refused(f"its directions are not what they should be ({why})") from error
    except CheckpointError as error:
        what = str(error).replace(f"{folder}{os.sep}", "").rstrip(".")  # nobody knows that folder
        raise _refused(f"what is in it does not fit together: {what}") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(why: str) -> CheckpointError:
    return CheckpointError(f"This file is no checkpoint: {why}. {_ADVICE}")
