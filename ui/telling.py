"""The controls by which a person tells a conditional model something, on the Sliders page."""

import streamlit as st
import torch
from torch import Tensor

from ui import cache, pictures, told
from ui.texts import plain
from vae_core.checkpoints import Checkpoint
from vae_core.data import UNKNOWN_LABEL, CategorySpec, VectorSpec
from vae_core.inference import decode

NOT_TOLD = "not told"


def every_class(found: Checkpoint, z: Tensor, given: told.Told, name: str) -> Tensor:
    """The same z, told each of `told.labels` in turn and else as `given`: (K, C, H, W)."""
    options = torch.tensor(told.labels(found, name))
    return decode(found.model, z.repeat(len(options), 1), {**given, name: options})


def show(choice: cache.Choice, found: Checkpoint, z: Tensor, given: told.Told) -> None:
    """Draw a control for each condition that the decoder is told."""
    for name in told.names(found.record.config.model):
        spec = found.model.conditioning.specs[name]
        if isinstance(spec, CategorySpec):
            _show_classes(choice, found, z, given, spec)
        else:
            _show_numbers(choice, found, spec)


def _show_classes(
    choice: cache.Choice, found: Checkpoint, z: Tensor, given: told.Told, spec: CategorySpec
) -> None:
    """One picture for each class, all of the same z; the chosen one is framed."""
    options = told.labels(found, spec.name)
    images = dict(zip(options, every_class(found, z, given, spec.name), strict=True))

    def picture_and_name(label: int) -> str:
        name = NOT_TOLD if label == UNKNOWN_LABEL else plain(spec.class_names[label])
        return f"![]({pictures.data_uri(pictures.sprite(images[label][None]))}) {name}"

    with st.container(key="classes"):
        st.segmented_control(
            f"{spec.name.capitalize()}: press one. All are drawn from the same numbers.",
            options,
            format_func=picture_and_name,
            key=told.key(choice, spec.name),
            required=True,
            persist_state="session",
            wrap=True,
            help=f"The model is told the {spec.name} beside its numbers, so they hold only what "
            f"is left: how it is drawn. Press a picture to choose its {spec.name}."
            + (
                f' "{NOT_TOLD.capitalize()}" is what it draws when it has to do without: often a '
                f"mixture, which turns into one {spec.name} or another as the sliders move."
                if told.knows_null(found, spec.name)
                else ""
            ),
        )


def _show_numbers(choice: cache.Choice, found: Checkpoint, spec: VectorSpec) -> None:
    """A slider for each number that is told, and a switch where it may be left out."""
    is_told = True
    if told.knows_null(found, spec.name):
        is_told = st.toggle(
            f"Tell it {told.entries(spec)}",
            key=told.key(choice, spec.name),
            persist_state="session",
        )
    cells = st.columns(len(spec.entries), gap="medium")
    for cell, entry in zip(cells, spec.entries, strict=True):
        cell.slider(
            entry,
            -told.REACH,
            told.REACH,
            step=told.STEP,
            format="%.1f",
            key=told.key(choice, spec.name, entry),
            persist_state="session",
            disabled=not is_told,
            help="0 is the average training picture, 1 a standard deviation above it.",
        )
