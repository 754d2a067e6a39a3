"""What this computer can compute with."""

from typing import Literal

import torch

from vae_core.errors import InvalidConfigError

DeviceName = Literal["cpu", "cuda"]


def multiplies_bfloat16() -> bool:
    """Whether this processor has instructions that multiply bfloat16."""
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16"))


def device_of(name: DeviceName) -> torch.device:
    """Return the device of that name.

    Raises:
        InvalidConfigError: for "cuda" where there is no card.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise InvalidConfigError(
            "Device 'cuda' received, but PyTorch finds no NVIDIA card on this computer. Set "
            "device to 'cpu', or train where there is one."
        )
    return torch.device(name)


def global_generator(device: torch.device) -> torch.Generator:
    """Return torch's own random numbers of a device, which dropout draws from."""
    if device.type == "cuda":
        return torch.cuda.default_generators[device.index or 0]
    return torch.default_generator
