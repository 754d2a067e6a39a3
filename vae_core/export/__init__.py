"""Networks for the browser: layers as JSON, weights as float16.

A file is the magic `VAEN`, the header's length (uint32), the header (UTF-8 JSON, padded with spaces
to a multiple of 4 bytes) and one block of numbers, all little endian. The header lists the layers
in order; `{"at": byte in the block, "length": n, "type": "f2" or "f4"}` stands for a tensor. What
runs it is `ui/components/net.js`. Everything is as in evaluation: no dropout, batch norm by its
running statistics, folded into a scale and a shift.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

from torch import nn

from vae_core.data import CategorySpec
from vae_core.errors import NotExportableError
from vae_core.export.block import MAX_PRODUCTS, Block, Op
from vae_core.export.ends import MEANS, mean_of
from vae_core.export.layers import LAYERS, describe, unknown
from vae_core.models import LatentModel
from vae_core.models.base import LOGVAR_BOUND
from vae_core.models.conditions import CategoryEmbedder, Conditioning, Place, VectorEmbedder

__all__ = [
    "FORMAT",
    "LAYERS",
    "MAX_PRODUCTS",
    "MAX_WEIGHTS",
    "MEANS",
    "can_export",
    "export_decoder",
    "export_encoder",
]

MAGIC = b"VAEN"
FORMAT = 1
MAX_WEIGHTS = 4_000_000  # of one part: 8 MB to fetch


def export_decoder(model: LatentModel) -> bytes:
    """Write what turns z (D) and what the decoder is told into a picture (C, H, W) in [0, 1].

    Raises:
        NotExportableError: for a layer or likelihood that the page does not know, a model that is
            too large for it, or a weight that float16 cannot hold.
    """
    model, block = _at_rest(model, model.decoder), Block()
    told = _told(model.conditioning, "decoder", block)
    layers, _ = describe(model.decoder, (model.latent_dim,), _width(told), block)
    header = {
        "part": "decoder",
        "input": [model.latent_dim],
        "output": model.event_shape,
        "told": told,
        "layers": layers,
        "end": mean_of(model.likelihood),
    }
    return _file(header, block)


def export_encoder(model: LatentModel) -> bytes:
    """Write what turns a picture (C, H, W) and what the encoder is told into mean and logvar (D).

    Raises:
        NotExportableError: see `export_decoder`.
    """
    model, block = _at_rest(model, model.encoder), Block()
    told = _told(model.conditioning, "encoder", block)
    network = nn.Sequential(*model.encoder, model.head)
    layers, _ = describe(network, model.event_shape, _width(told), block)
    header = {
        "part": "encoder",
        "input": model.event_shape,
        "output": [model.latent_dim],
        "told": told,
        "layers": layers,
        "end": {"op": "gaussian", "bound": LOGVAR_BOUND}
        if model.is_variational
        else {"op": "point"},
    }
    return _file(header, block)


def can_export(model: LatentModel) -> bool:
    """Say whether a page can run both parts."""
    try:
        export_decoder(model)
        export_encoder(model)
    except NotExportableError:
        return False
    return True


def _at_rest(model: LatentModel, part: nn.Module) -> LatentModel:
    """A copy in evaluation, since running a layer in training changes it; none of a giant."""
    num_weights = sum(weight.numel() for weight in part.parameters())
    if num_weights > MAX_WEIGHTS:
        raise NotExportableError(
            f"{num_weights:,} weights received; a page takes at most {MAX_WEIGHTS:,}. The server "
            "decodes for it; choose smaller layers to have it in the page."
        )
    return copy.deepcopy(model).cpu().eval()


def _file(header: Mapping[str, Any], block: Block) -> bytes:
    text = json.dumps({"format": FORMAT, **header}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    return MAGIC + len(text).to_bytes(4, "little") + text + bytes(block.content)


def _width(told: list[Op]) -> int:
    return sum(part["size"] for part in told)


def _told(conditioning: Conditioning, place: Place, block: Block) -> list[Op]:
    """What one part is told, in the order in which the embeddings lie beside each other."""
    parts = []
    for name, config in conditioning.configs.items():
        if place not in config.into:
            continue
        embedder, spec = conditioning.embedders[name], conditioning.specs[name]
        part = {"name": name, "size": config.size, "knowsNull": config.null_rate > 0}
        if type(embedder) is CategoryEmbedder and isinstance(spec, CategorySpec):
            table = block.add(embedder.table.weight)  # its last row stands for "not told"
            part |= {"kind": "category", "classes": len(spec.class_names), "table": table}
        elif type(embedder) is VectorEmbedder:
            entries = len(embedder.spec.entries)
            layers, _ = describe(embedder.network, (entries,), 0, block)
            null = block.add(embedder.null)
            part |= {"kind": "vector", "entries": entries, "layers": layers, "null": null}
        else:
            raise unknown(embedder)
        parts.append(part)
    return parts
