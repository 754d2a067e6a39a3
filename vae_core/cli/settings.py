"""From the words of a command line to a run's configuration."""

import json
from typing import Any

from vae_core.config import CorruptionConfig, RunConfig
from vae_core.corruption import CORRUPTIONS
from vae_core.errors import InvalidConfigError, UnknownNameError


def change(base: RunConfig, *, seed: int | None, **parts: dict[str, Any]) -> RunConfig:
    """Change what was given; None means: as the recipe has it."""
    changes: dict[str, Any] = {
        part: getattr(base, part).evolve(**{k: v for k, v in given.items() if v is not None})
        for part, given in parts.items()
    }
    return base.evolve(**changes, **({} if seed is None else {"seed": seed}))


def change_by_path(base: RunConfig, words: list[str]) -> RunConfig:
    """Change settings named by their path, such as "train.patience=20" or "model.norm=batch".

    Values are JSON, or else plain text. Naming an objective or a network ("train.objective.name")
    starts it from its own defaults.

    Raises:
        InvalidConfigError: for a word without "=", a path that is not there, a wrong value.
    """
    settings = base.model_dump()
    for word in words:
        path, equals, text = word.partition("=")
        *parents, name = path.split(".")
        if not equals or not name:
            raise InvalidConfigError(
                f"--set {word!r} received; expected a path and a value, such as train.patience=20."
            )
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        part = settings
        for parent in parents:
            if part.get(parent) is None:
                part[parent] = {}  # such as train.augmentation, which is off by default
            part = part[parent]
            if not isinstance(part, dict):
                raise InvalidConfigError(
                    f"--set {word!r} received, but {parent!r} has no settings of its own."
                )
        if name == "name":
            part.clear()
        part[name] = value
    return RunConfig.parse(settings)


def corruption(noise: str | None, level: float | None) -> CorruptionConfig | None:
    """Read --noise and --level.

    Raises:
        InvalidConfigError: for a level without a noise, or beyond its range.
        UnknownNameError: for a noise that is not registered.
    """
    if noise is None and level is not None:
        raise InvalidConfigError(f"--level {level} received without --noise; name the noise too.")
    if noise is None:
        return None
    if noise not in CORRUPTIONS:
        raise UnknownNameError("corruption", noise, CORRUPTIONS)
    default = CORRUPTIONS[noise].levels.default
    return CorruptionConfig.parse({"kind": noise, "level": default if level is None else level})
