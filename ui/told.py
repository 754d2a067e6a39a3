"""What a conditional model is told beside the picture: by the picture itself, or by a person."""

import math
from collections.abc import Mapping, Sequence

import streamlit as st
import torch
from torch import Tensor

from ui import cache
from vae_core.checkpoints import Checkpoint
from vae_core.data import UNKNOWN_LABEL, CategorySpec, VectorSpec
from vae_core.models import LatentConfig

REACH = 2.5  # of a number's slider, in standard deviations: 99 % of the training pictures
STEP = 0.1
CLASS = "class"  # of the pictures, by which a map is coloured

Told = Mapping[str, Tensor]


def of_pictures(found: Checkpoint, positions: Sequence[int]) -> dict[str, Tensor]:
    """What a model is told of some of its stored pictures, each (N, ...).

    Classes lie beside the latents; anything else needs the data set, and is unknown without it.
    """
    told: dict[str, Tensor] = {}
    for name in found.model.conditioning.configs:
        if name == CLASS:
            told[name] = found.latents.label[torch.as_tensor(positions, dtype=torch.int64)]
        elif positions and (data := cache.dataset(found.record.config.dataset)) is not None:
            rows = []
            for position in positions:
                split, index = found.latents.where(position)
                rows.append(data.split(split).conditions(slice(index, index + 1))[name])
            told[name] = torch.cat(rows)
    return told


def names(config: LatentConfig) -> list[str]:
    """What a model's decoder is told, so that z has to hold only the rest."""
    return [condition.name for condition in config.conditions if "decoder" in condition.into]


def in_words(found: Checkpoint, told: Told) -> str:
    """What the decoder is told, for a sentence: "the class 3 and its ink"; "" for nothing."""
    parts = []
    for name in names(found.record.config.model):
        spec = found.model.conditioning.specs[name]
        if not is_known(told, name):
            parts.append(f"nothing of its {name}")
        elif isinstance(spec, CategorySpec):
            parts.append(f"the {name} {spec.class_names[int(told[name][0])]}")
        else:
            parts.append(f"its {entries(spec)}")
    return " and ".join(parts)


def is_known(told: Told, name: str) -> bool:
    """Say whether the first item is told anything of that name."""
    if name not in told:
        return False
    first = told[name][0]
    return not bool(first.isnan().any()) if first.is_floating_point() else int(first) >= 0


def knows_null(found: Checkpoint, name: str) -> bool:
    """Say whether a model learned what to make of "not told"."""
    return found.model.conditioning.configs[name].null_rate > 0.0


def labels(found: Checkpoint, name: str) -> list[int]:
    """What can be told of a category: each class and, where it was learned, nothing (-1)."""
    spec = found.model.conditioning.specs[name]
    assert isinstance(spec, CategorySpec)
    return [*range(len(spec.class_names)), *[UNKNOWN_LABEL] * knows_null(found, name)]


def key(choice: cache.Choice, *parts: str) -> str:
    """A control's name in the session."""
    return "_".join(("told", choice.id, *parts))


def chosen(choice: cache.Choice, found: Checkpoint) -> dict[str, Tensor]:
    """What the page's controls tell, each (1, ...); call it before they are drawn."""
    told: dict[str, Tensor] = {}
    for name, spec in found.model.conditioning.specs.items():
        mine = key(choice, name)
        if isinstance(spec, CategorySpec):
            options = labels(found, name)
            if st.session_state.get(mine) not in options:
                st.session_state[mine] = options[0]
            told[name] = torch.tensor([st.session_state[mine]])
            continue
        is_told = st.session_state.setdefault(mine, True) or not knows_null(found, name)
        values = [st.session_state.setdefault(key(choice, name, e), 0.0) for e in spec.entries]
        told[name] = torch.tensor([values if is_told else [math.nan] * len(values)])
    return told


def start_from(choice: cache.Choice, found: Checkpoint, position: int) -> None:
    """Put the controls to what is true of a stored picture."""
    told = of_pictures(found, [position])
    for name, spec in found.model.conditioning.specs.items():
        is_told = is_known(told, name)
        if isinstance(spec, CategorySpec):
            st.session_state[key(choice, name)] = int(told[name][0]) if is_told else UNKNOWN_LABEL
            continue
        st.session_state[key(choice, name)] = is_told
        for entry, value in zip(
            spec.entries, told[name][0].tolist() if is_told else (), strict=False
        ):
            limited = min(REACH, max(-REACH, round(round(value / STEP) * STEP, 6)))
            st.session_state[key(choice, name, entry)] = limited


def reset(choice: cache.Choice, found: Checkpoint) -> None:
    """Put the controls back to where they start: the first class, the average numbers."""
    for name, spec in found.model.conditioning.specs.items():
        is_category = isinstance(spec, CategorySpec)
        st.session_state[key(choice, name)] = labels(found, name)[0] if is_category else True
        for entry in spec.entries if isinstance(spec, VectorSpec) else ():
            st.session_state[key(choice, name, entry)] = 0.0


def entries(spec: VectorSpec) -> str:
    """What several numbers are called: "ink, slant and width"."""
    *most, last = spec.entries
    return f"{', '.join(most)} and {last}" if most else last
