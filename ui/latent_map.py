"""The map of stored latents: which axes, the dots, what is picked."""

import streamlit as st
import torch

from ui import cache, charts, state
from vae_core.checkpoints import Checkpoint

DOTS = "dots"


def choose_axes(latent_dim: int) -> cache.Axes:
    """Ask which two numbers to show; a latent of one or two leaves no choice."""
    if latent_dim <= 2:
        return (0, 1)
    with st.container(key="axes", horizontal=True, vertical_alignment="center"):
        st.session_state.setdefault("view", "Overview (PCA)")
        view = st.segmented_control(
            "Map shows",
            ["Overview (PCA)", "Two numbers"],
            key="view",
            required=True,
            label_visibility="collapsed",
            persist_state="session",
        )
        if view != "Two numbers":
            return None
        across = _ask_axis("Across", list(range(latent_dim)), latent_dim)
        up = _ask_axis("Up", [i for i in range(latent_dim) if i != across], latent_dim)
    return across, up


def _ask_axis(label: str, options: list[int], latent_dim: int) -> int:
    return st.selectbox(
        label,
        options,
        format_func=lambda i: f"{label.lower()}: number {i + 1}",
        key=f"{label.lower()}_{latent_dim}",
        label_visibility="collapsed",
        width=170,
    )


def default_pick(found: Checkpoint, view: cache.MapView) -> int:
    """A typical picture, beside its class's centre so that the label does not hide it."""
    labels = found.latents.label[view.shown]
    label = 3 if bool((labels == 3).any()) else int(labels[0])
    gaps = torch.cdist(view.points[view.shown], view.centres.nan_to_num(1e9)) / view.limit
    gap = gaps[:, label]
    gap[(labels != label) | (gaps.argmin(1) != label)] = torch.inf
    return int(view.shown[(gap - 0.12).abs().argmin()])


def on_click() -> None:
    """Pick the clicked dot; clicking it again (which deselects it) picks it again."""
    points = st.session_state[DOTS].selection.points
    if points:
        st.session_state["clicked"] = int(points[0]["customdata"])
    if "clicked" in st.session_state:
        state.set_number("pick", st.session_state["clicked"])


def draw(found: Checkpoint, view: cache.MapView, marks: str, height: int) -> None:
    """Show the dots, and over them `marks` (SVG) and the classes' names."""
    names = found.record.spec.class_names
    figure = charts.map_figure(
        view.points[view.shown],
        found.latents.label[view.shown],
        view.shown,
        view.limit,
        view.projection.labels,
        names,
        height,
    )
    with st.container(key="map", gap=None):
        st.plotly_chart(
            figure,
            key=DOTS,
            theme=None,
            on_select=on_click,
            selection_mode="points",
            config=charts.CONFIG,
            alt=f"Map of {len(view.shown)} pictures: those of one class lie together.",
        )
        with st.container(key="map_marks"):
            labels = charts.class_labels(view.centres, names, view.limit)
            st.html(charts.over_map(marks + labels, view.limit))


def describe(found: Checkpoint, view: cache.MapView) -> str:
    """What the map holds, in one line."""
    record = found.record
    num, shown, dim = len(found.latents), len(view.shown), record.config.model.latent_dim
    images = f"{num:,} images" if shown == num else f"{shown:,} of {num:,} images"
    numbers = "1 number" if dim == 1 else f"{dim} numbers"
    return f"{record.spec.title}: {images}, {numbers} each, seed {record.config.seed}"
