"""What this machine's matrix products reach at best: the bound that training is held against."""

import time

import torch

from benchmarks.contestants import serving
from benchmarks.contestants.torch_side import settle, versions, wait_for

SIDES = (1024, 2048)
CARD_SIDES = (4096, 8192)
SECONDS = 0.15
NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16", "sve_bf16"}
"""CPU flags of processors that multiply bfloat16 in hardware."""


def measure(*, flags: list[str], device: str = "cpu") -> dict[str, float | None]:
    """Return the best GFLOP/s of square products, by type; None where it would be emulated."""
    native = device == "cuda" or bool(NATIVE_BFLOAT16 & set(flags))
    sides = CARD_SIDES if device == "cuda" else SIDES
    return {
        "float32": max(_gflops(side, torch.float32, device) for side in sides),
        "bfloat16": max(_gflops(side, torch.bfloat16, device) for side in sides)
        if native
        else None,
    }


def _gflops(side: int, dtype: torch.dtype, device: str) -> float:
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    out = torch.mm(left, right)
    best, deadline = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < deadline:
        began = time.perf_counter()
        torch.mm(left, right, out=out)
        wait_for(device)
        best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best / 1e9


if __name__ == "__main__":
    settle()
    torch.set_float32_matmul_precision("highest")
    serving.serve({"measure": measure}, versions())
