"""Files that say they are checkpoints, most of them nearly."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import torch
from safetensors.torch import load, save

from tests.hostile.watching import ROOT
from vae_core.parcel import pack

MIB = 2**20
HALF = "\ud800"  # of a pair that stands for one letter: no text by itself
NAMES = (
    "../../evil",
    "model/../../../evil",
    "latents/../../evil",
    "/etc/passwd",
    "model//etc/passwd",
    "latents/mean/../../x",
    "model\\..\\evil",
    "model/\x00",
    "model/" + "a" * 100_000,
    "model/",
    "latents/",
    "",
    "__metadata__/x",
    HALF,
)
# In the place of anything that a description says.
VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**40,
    1e308,
    "",
    "../../../etc/passwd",
    "\u202e\x00<script>alert(1)</script>:red[x]",
    HALF,
    "x" * 5_000,
    [],
    {"__class__": [[[]]]},
)


def whole(name: str = "digits-2d") -> bytes:
    """A good one."""
    return pack(ROOT / "checkpoints" / name)


def parts(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Header and tensors of a good one."""
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: Any, block: bytes, length: int | None = None) -> bytes:
    """A file with a header, which says of its length what it likes."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if length is None else length).to_bytes(8, "little") + text + block


def with_tensors(content: bytes, changes: dict[str, torch.Tensor]) -> bytes:
    """The same file with other tensors."""
    inside = parts(content)[0]["__metadata__"]
    changed = {name: value.contiguous() for name, value in (load(content) | changes).items()}
    return save(changed, inside)


def with_record(content: bytes, path: tuple[Any, ...], value: Any) -> bytes:
    """The same file with one value of its description changed."""
    header, block = parts(content)
    record = json.loads(header["__metadata__"]["record"])
    part = record
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    header["__metadata__"]["record"] = json.dumps(record)
    return joined(header, block)


def places(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a description holds a value, itself or a list; of long lists the first place."""
    inside = part.items() if isinstance(part, dict) else enumerate(part[:1])
    for name, value in inside:
        yield (*path, name)
        if isinstance(value, dict | list):
            yield from places(value, (*path, name))


def headers(content: bytes) -> dict[str, bytes]:
    """Headers that lie, are vast, or are none."""
    header, block = parts(content)
    tensors = [name for name in header if name != "__metadata__"]
    found = {
        f"length {length}": joined(header, block, length)
        for length in (0, 1, 2, 7, 2**31, 2**40, 2**62, 2**64 - 1)
    }
    found |= {
        "1 MiB of space": joined(b" " * (MIB - 2) + b"{}", block),
        "more than 1 MiB of space": joined(b" " * MIB + b"{}", block),
        "numbers of 5,000 digits": joined(b'{"a":' + b"9" * 5_000 + b"}", block),
        "the same name twice": joined(b'{"a":{},"a":{}}', block),
        "a list that is deep": joined(b"[" * 500_000, block),
        "keys that are deep": joined(b'{"a":' * 100_000, block),
        "nothing but inside": joined({"__metadata__": header["__metadata__"]}, b""),
        "text inside": joined(header | {"__metadata__": "x"}, block),
        "numbers inside": joined(header | {"__metadata__": {"format": 1, "record": 2}}, block),
    }
    for place, name in enumerate(NAMES):
        changed = copy.deepcopy(header)
        changed[name] = changed.pop(tensors[place % len(tensors)])
        found[f"named {place}"] = joined(changed, block)
    return found


def entries(content: bytes) -> dict[str, bytes]:
    """Each tensor described wrongly, in every way."""
    header, block = parts(content)
    wrong: dict[str, Any] = {
        "dtype": ("F64", "BOOL", "F8_E4M3", "x" * 9_000, "", None, 4, ["F32"]),
        "shape": ([], [0], [1], [-1], [2**62, 4], [1.5], "1", None, [[1]], [True], [1] * 9_000),
        "data_offsets": ([0, 0], [1, 0], [-4, 0], [0, 2**62], [0], [], None, "0", [0.0, 4.0]),
    }
    found = {}
    for name in [one for one in header if one != "__metadata__"]:
        for key, values in wrong.items():
            for place, value in enumerate(values):
                changed = copy.deepcopy(header)
                changed[name][key] = value
                found[f"{name} {key} {place}"] = joined(changed, block)
    return found


def tensors(content: bytes) -> dict[str, bytes]:
    """Each tensor with numbers that are none, too large, of another kind or shape."""
    found = {}
    for name, value in load(content).items():
        kinds = {
            "whole": value.long() if value.dtype.is_floating_point else value.float(),
            "double": value.double(),
            "flat": value.flatten() if value.ndim > 1 else value[None],
            "none": value[:0],
            "more": torch.cat([value, value]),
        }
        if value.dtype.is_floating_point:
            filled = {"nan": torch.nan, "inf": torch.inf, "-inf": -torch.inf, "vast": 3e38}
            kinds |= {word: torch.full(value.shape, number) for word, number in filled.items()}
            kinds["one nan"] = value.float().index_fill(0, torch.tensor([0]), torch.nan)
        else:
            kinds |= {"negative": -value.int() - 1, "large": value.int() * 0 + 2**31 - 1}
        found |= {f"{name}, {word}": with_tensors(content, {name: v}) for word, v in kinds.items()}
    return found


def large() -> dict[str, bytes]:
    """Files of about 62 MiB, each wrong in another place."""
    good = whole()
    header, block = parts(good)
    num = 62 * MIB - len(block)

    def with_extra(name: str) -> bytes:
        place = [len(block), len(block) + num]
        extra = {name: {"dtype": "U8", "shape": [num], "data_offsets": place}}
        return joined(header | extra, block + bytes(num))

    return {
        "zeros.safetensors": bytes(62 * MIB),
        "header.safetensors": joined(b"[" * (MIB - 1), bytes(61 * MIB)),
        "weights.safetensors": with_extra("model/x"),
        "read, latents.safetensors": with_extra("latents/x"),
    }
