"""The map of stored latents: which axes, what is picked first, what it holds."""

import streamlit as st
import torch

from ui import cache, told
from vae_core.checkpoints import Checkpoint
from vae_core.distributions import StandardNormal
from vae_core.inference import decode

NAME, NEAR = 0.07, 0.2  # from a class's centre, where its name is, in limits of the map
MAX_CANDIDATES = 200


def whole_view(choice: cache.Choice) -> cache.MapView:
    """The map as it is before anybody chooses axes: of more than two numbers, their PCA."""
    is_flat = cache.checkpoint(choice.key).model.latent_dim <= 2
    return cache.map_view(choice.key, (0, 1) if is_flat else None)


def choose_axes(found: Checkpoint) -> cache.Axes:
    """Ask which two numbers to show; a latent of one or two leaves no choice."""
    latent_dim = found.model.latent_dim
    if latent_dim <= 2:
        return (0, 1)
    with st.container(key="axes", horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            "Map shows",
            ["Overview (PCA)", "Two numbers"],
            default="Overview (PCA)",
            key="view",
            required=True,
            label_visibility="collapsed",
            bind="query-params",
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
        bind="query-params",
        label_visibility="collapsed",
        width=162,
    )


def default_pick(key: cache.Key, axes: cache.Axes) -> int:
    """A picture that its model restores well, in the midst of its class, under no class's name.

    Args:
        key: of the model.
        axes: of the map.
    """
    has_originals = cache.originals(cache.checkpoint(key), [0]) is not None
    return _default_pick(key, axes, has_originals=has_originals)


@st.cache_data(max_entries=64, show_spinner=False)
def _default_pick(key: cache.Key, axes: cache.Axes, *, has_originals: bool) -> int:
    # Kept apart from what was picked before somebody got the data set.
    found, view = cache.checkpoint(key), cache.map_view(key, axes)
    near = _near_centres(found, view)
    if not near or not has_originals:
        return near[0] if near else 0
    originals = [cache.original(found, position) for position in near]
    clean = torch.cat([image for image in originals if image is not None])
    means = found.latents.encoded.mean[near]
    errors = (decode(found.model, means, told.of_pictures(found, near)) - clean).square()
    contrast = (clean - clean.mean((1, 2, 3), keepdim=True)).square()
    return near[int((errors.mean((1, 2, 3)) / contrast.mean((1, 2, 3))).argmin())]


def _near_centres(found: Checkpoint, view: cache.MapView) -> list[int]:
    """Positions of dots near their own class's centre, the nearest first."""
    labels = found.latents.label
    gaps = torch.cdist(view.points, view.centres.nan_to_num(1e9)) / view.limit
    own = gaps.gather(1, labels[:, None])[:, 0]
    own[(gaps.argmin(1) != labels) | (gaps.amin(1) < NAME) | (own > NEAR)] = torch.inf
    near = own.argsort()[:MAX_CANDIDATES]
    return near[own[near].isfinite()].tolist()


def describe(found: Checkpoint) -> str:
    """What the map holds, in one line."""
    record = found.record
    num, dim = len(found.latents), record.config.model.latent_dim
    numbers = "1 number" if dim == 1 else f"{dim} numbers"
    return f"{record.spec.title}: {num:,} images, {numbers} each, seed {record.config.seed}"


def prior_mean(found: Checkpoint, view: cache.MapView) -> list[float] | None:
    """Mean of N(0, I) on the map, whose directions all have a spread of 1; None without it."""
    flat = view.projection
    if flat.is_strip or not isinstance(found.model.prior(), StandardNormal):
        return None
    mean: list[float] = flat.project(0 * flat.origin[None])[0].tolist()
    return mean
