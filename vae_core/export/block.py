"""The numbers of a file for the page, and what they cost there."""

from typing import Any

import torch
from torch import Tensor

from vae_core.errors import NotExportableError

MAX_PRODUCTS = 16_000_000  # of one run: about 16 ms, a frame, in JavaScript on a slow core

Op = dict[str, Any]


class Block:
    """Tensors one after the other, and the multiplications that one run takes."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.num_products = 0

    def add(self, values: Tensor, dtype: torch.dtype = torch.float16) -> Op:
        """Append a tensor and return what stands for it in the header.

        Raises:
            NotExportableError: for a number that the type cannot hold.
        """
        flat = values.detach().cpu().flatten()
        rounded = flat.to(dtype)
        beyond = flat[~rounded.isfinite()]
        if len(beyond):
            raise NotExportableError(
                f"A weight of {beyond[0]:,.0f} received, which the page's numbers cannot hold; "
                f"expected at most {torch.finfo(dtype).max:,.0f}. The server decodes for it."
            )
        self.content += bytes(-len(self.content) % 4)
        place = len(self.content)
        self.content += rounded.numpy().tobytes()
        kind = "f2" if dtype == torch.float16 else "f4"
        return {"at": place, "length": len(rounded), "type": kind}

    def exact(self, values: Tensor) -> Op:
        """Append a few numbers that were computed, not learned, in float32."""
        return self.add(values, torch.float32)

    def spend(self, num_products: int) -> None:
        """Count the multiplications of one layer.

        Raises:
            NotExportableError: when a page would need longer than a frame for all so far.
        """
        self.num_products += num_products
        if self.num_products > MAX_PRODUCTS:
            raise NotExportableError(
                f"{self.num_products:,} multiplications for a picture received; a page is quick "
                f"enough for {MAX_PRODUCTS:,}. The server decodes for it; choose fewer channels "
                "or smaller layers to have it in the page."
            )
