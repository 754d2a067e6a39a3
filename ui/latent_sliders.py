"""One slider for each number of a latent: ranges, order, what is said of them."""

import math
from dataclasses import dataclass

import streamlit as st
import torch

from ui import cache, told
from vae_core.checkpoints import Checkpoint
from vae_core.distributions import StandardNormal
from vae_core.record import QUANTILES

COLLAPSED_NATS = 0.01
MAX_NATURAL_ORDER = 4
USUAL = 0.95  # of a class: the others, far from its middle, are often hard to read


@dataclass(frozen=True)
class Range:
    """What one slider can say; all three are whole multiples of `step`."""

    low: float
    high: float
    default: float
    step: float


def ranges(found: Checkpoint) -> list[Range]:
    """The 1st to the 99th percentile: of the prior, or of the training means.

    Of the means where there is no prior, or not one for all: a slider must not change its ends
    with the class.
    """
    prior = found.model.prior()
    if isinstance(prior, StandardNormal):
        edges = prior.quantiles(torch.tensor([QUANTILES[0], 0.5, QUANTILES[-1]])).tolist()
        return [_range(*edges)] * found.model.latent_dim
    middle = QUANTILES.index(0.5)
    return [_range(row[0], row[middle], row[-1]) for row in found.record.latent_quantiles]


def _range(low: float, default: float, high: float) -> Range:
    step = 10.0 ** (math.floor(math.log10(max(high - low, 1e-3))) - 2)
    low, high = math.floor(low / step), math.ceil(high / step)
    return Range(
        round(low * step, 6),
        round(max(high, low + 1) * step, 6),
        round(round(default / step) * step, 6),
        step,
    )


def order(found: Checkpoint) -> tuple[list[int], list[int]]:
    """Dimensions in use and collapsed ones; more than four are sorted by their KL."""
    dims, kl = list(range(found.model.latent_dim)), found.record.kl_per_dim
    if not kl:
        return dims, []
    if len(dims) > MAX_NATURAL_ORDER:
        dims.sort(key=lambda dim: -kl[dim])
    used = [dim for dim in dims if kl[dim] >= COLLAPSED_NATS]
    return used, [dim for dim in dims if kl[dim] < COLLAPSED_NATS]


def intro(found: Checkpoint) -> str:
    """What the sliders are, in a few short sentences."""
    num = found.model.latent_dim
    names = told.names(found.record.config.model)
    beside = f", and is told its {' and its '.join(names)}" if names else ""
    numbers = "one number" if num == 1 else f"{num} numbers"
    changes = "Its slider changes it" if num == 1 else "Each slider changes one"
    shows = "what that does" if num == 1 else "what that does while the others stay"
    is_sorted = num > MAX_NATURAL_ORDER and bool(found.record.kl_per_dim)
    return (
        f"The model keeps {numbers} of a picture{beside}. {changes}; the strip below it shows "
        f"{shows}. {_ends(found)}" + (" Those that carry most come first." if is_sorted else "")
    )


def _ends(found: Checkpoint) -> str:
    """Why sliders end where they do."""
    if not isinstance(found.model.prior(), StandardNormal):
        return "98 % of the training pictures lie between a slider's ends."
    high = ranges(found)[0].high
    return f"Sliders end at \N{PLUS-MINUS SIGN}{high:g}: 98 % of the prior lies between."


def picked_position(choice: cache.Choice) -> int | None:
    """The picture picked on Explore, if it is of this model's data set."""
    same_data = st.session_state.get("pick_dataset") == choice.record.config.dataset
    position = st.session_state.get("number_pick") if same_data else None
    num = len(cache.checkpoint(choice.key).latents)
    return position if position is not None and 0 <= position < num else None


@st.cache_data(max_entries=64, show_spinner=False)
def examples(key: cache.Key) -> list[int]:
    """Stored pictures to blend at first, as positions; none for a model without stored latents.

    Two that lie far apart: typical ones of two classes or, where the class is told and z holds only
    the way of drawing, two of one class. Then an unusual and a typical one of one class, and a
    typical one of another: the first less the second is a way of drawing, to be given to the third.
    """
    found = cache.checkpoint(key)
    classes = [_from_the_middle(found, label) for label in found.latents.label.unique().tolist()]
    if not classes:
        return []
    is_told = told.CLASS in told.names(found.record.config.model)
    typical = torch.stack([rows[0] for rows in classes])
    pair = _farthest(found, classes[0] if is_told else typical)
    one, other = classes[len(classes) // 2], classes[-1]
    return [*pair, int(one[-1]), int(one[0]), int(other[0])]


def _from_the_middle(found: Checkpoint, label: int) -> torch.Tensor:
    """Positions of a class's pictures, the most typical first; the most unusual ones left out."""
    rows = (found.latents.label == label).nonzero()[:, 0]
    means = found.latents.encoded.mean[rows]
    distances = (means - means.median(0).values).norm(dim=1)
    return rows[distances.argsort()][: math.ceil(USUAL * len(rows))]


def _farthest(found: Checkpoint, positions: torch.Tensor) -> tuple[int, int]:
    """The two of some pictures whose latents lie farthest apart."""
    means = found.latents.encoded.mean[positions]
    first, second = divmod(int(torch.cdist(means, means).argmax()), len(positions))
    return int(positions[first]), int(positions[second])
