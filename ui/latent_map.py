"""The map of stored latents: which axes, the dots, what is picked."""

import streamlit as st
import torch

from ui import cache, charts, state, told
from vae_core.checkpoints import Checkpoint
from vae_core.inference import decode

DOTS = "dots"
NEAR = 0.2  # from a class's centre, in limits of the map
MAX_CANDIDATES = 200


def choose_axes(found: Checkpoint) -> cache.Axes:
    """Ask which two numbers to show; a latent of one or two leaves no choice."""
    latent_dim = found.model.latent_dim
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
        telling = _most_telling(found)
        across = _ask_axis("Across", telling, latent_dim)
        up = _ask_axis("Up", [i for i in telling if i != across], latent_dim)
    return across, up


def _most_telling(found: Checkpoint) -> list[int]:
    """The numbers, those that carry most first: by KL, or by an autoencoder's variances."""
    carried = found.record.kl_per_dim or found.latents.encoded.mean.var(0).tolist()
    return sorted(range(len(carried)), key=lambda dim: -carried[dim])


def _ask_axis(label: str, telling: list[int], latent_dim: int) -> int:
    options = sorted(telling)
    return st.selectbox(
        label,
        options,
        index=options.index(telling[0]),
        format_func=lambda i: f"{label.lower()}: number {i + 1}",
        key=f"{label.lower()}_{latent_dim}",
        label_visibility="collapsed",
        width=162,
    )


@st.cache_data(max_entries=64, show_spinner=False)
def default_pick(key: cache.Key, axes: cache.Axes) -> int:
    """A picture that its model restores well, in the midst of its class, under no class's name.

    Args:
        key: of the model.
        axes: of the map.
    """
    found, view = cache.checkpoint(key), cache.map_view(key, axes)
    near = _near_centres(found, view)
    originals = [cache.original(found, position) for position in near]
    if not originals or any(image is None for image in originals):
        return near[0] if near else int(view.shown[0])
    clean, means = torch.cat(originals), found.latents.encoded.mean[near]
    errors = (decode(found.model, means, told.of_pictures(found, near)) - clean).square()
    contrast = (clean - clean.mean((1, 2, 3), keepdim=True)).square()
    return near[int((errors.mean((1, 2, 3)) / contrast.mean((1, 2, 3))).argmin())]


def _near_centres(found: Checkpoint, view: cache.MapView) -> list[int]:
    """Positions of shown dots near their own class's centre, the nearest first."""
    labels, names = found.latents.label[view.shown], found.record.spec.class_names
    points = view.points[view.shown]
    gaps = torch.cdist(points, view.centres.nan_to_num(1e9)) / view.limit
    own = gaps.gather(1, labels[:, None])[:, 0]
    own[gaps.argmin(1) != labels] = torch.inf
    titles = charts.label_places(view.centres, names, view.limit)
    near = []
    for row in own.argsort().tolist():
        place = (points[row, 0].item(), points[row, 1].item())
        covered = any(
            charts.labels_touch(place, "", title, name, view.limit)
            for title, name in zip(titles, names, strict=False)
        )
        if own[row] > NEAR or len(near) == MAX_CANDIDATES:
            break
        if not covered:
            near.append(int(view.shown[row]))
    return near


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
    # Told the class, a model mixes the classes: their names would stand for nothing.
    is_mixed = told.CLASS in told.names(found.record.config.model)
    figure = charts.map_figure(
        view.points[view.shown],
        found.latents.label[view.shown],
        view.shown,
        view.limit,
        view.projection.labels,
        names,
        height - charts.KEY_HEIGHT * is_mixed,
    )
    with st.container(key="map", gap=None):
        st.plotly_chart(
            figure,
            key=DOTS,
            theme=None,
            on_select=on_click,
            selection_mode="points",
            config=charts.CONFIG,
            alt=f"Map of {len(view.shown)} pictures: {_arrangement(is_mixed)}.",
        )
        with st.container(key="map_marks"):
            labels = "" if is_mixed else charts.class_labels(view.centres, names, view.limit)
            st.html(charts.over_map(marks + labels, view.limit))
    if is_mixed:
        st.html(charts.colour_key(names))


def _arrangement(is_mixed: bool) -> str:
    return "the classes lie mixed" if is_mixed else "those of one class lie together"


def describe(found: Checkpoint, view: cache.MapView) -> str:
    """What the map holds, in one line."""
    record = found.record
    num, shown, dim = len(found.latents), len(view.shown), record.config.model.latent_dim
    images = f"{num:,} images" if shown == num else f"{shown:,} of {num:,} images"
    numbers = "1 number" if dim == 1 else f"{dim} numbers"
    return f"{record.spec.title}: {images}, {numbers} each, seed {record.config.seed}"
