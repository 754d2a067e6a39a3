"""One slider for each number of a latent: ranges, values, order."""

import math
import random
from dataclasses import dataclass

import streamlit as st
import torch
from torch import Tensor

from ui import cache, pictures, told
from vae_core.checkpoints import Checkpoint
from vae_core.distributions import StandardNormal
from vae_core.inference import traverse
from vae_core.record import QUANTILES

COLLAPSED_NATS = 0.01
MAX_NATURAL_ORDER = 4
ANY, PICKED = "any", "picked"
NOT_CLASSES = (ANY, PICKED)


@dataclass(frozen=True)
class Range:
    """What one slider can say; all three are whole multiples of `step`."""

    low: float
    high: float
    default: float
    step: float

    @property
    def format(self) -> str:
        """As many decimals as the step has."""
        return f"%.{max(0, -round(math.log10(self.step)))}f"

    def snap(self, value: float) -> float:
        """The nearest value that the slider can show."""
        snapped = round(round(value / self.step) * self.step, 6)
        return min(self.high, max(self.low, snapped))


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


KL_HELP = (
    "KL says how much this number tells the decoder about a picture, at most and on average. It "
    "is measured in nats, a unit of information: 1 nat is 1.44 yes-or-no answers (bits). A number "
    "with 0 nats is the same for every picture."
)


def ends(found: Checkpoint, limit: Range) -> str:
    """Why sliders end where they do."""
    if not isinstance(found.model.prior(), StandardNormal):
        return "98 % of the training pictures lie between a slider's ends."
    return f"Sliders end at \N{PLUS-MINUS SIGN}{limit.high:g}: 98 % of the prior lies between."


def traversal(
    found: Checkpoint, z: Tensor, dim: int, limit: Range, num: int, given: told.Told
) -> str:
    """HTML of what one slider's places give while the others stay, framed where it stands."""
    places = limit.low + (limit.high - limit.low) * (torch.arange(num) + 0.5) / num
    images = traverse(found.model, z, dim, places, given)
    alt = f"Number {dim + 1} from {limit.low:g} to {limit.high:g}, the others unchanged"
    strip = pictures.img(pictures.sprite(images, gap=1), alt, "100%", "traversal")
    side = images.shape[-1]
    total = num * (side + 1) - 1
    left = int((places - z[dim]).abs().argmin()) * (side + 1)
    frame = f"left:{100 * left / total:.3f}%;width:{100 * side / total:.3f}%"
    return f'<div class="vl-strip">{strip}<span class="here" style="{frame}"></span></div>'


def key(choice: cache.Choice, dim: int) -> str:
    """A slider's name in the session."""
    return f"z_{choice.id}_{dim}"


def values(choice: cache.Choice, limits: list[Range]) -> Tensor:
    """What the sliders say, (D,); call it before they are drawn.

    A value from before the model was trained on may lie beyond its new ranges: it is put to their
    ends, so that what is decoded is what is shown.
    """
    for dim, limit in enumerate(limits):
        name = key(choice, dim)
        st.session_state[name] = limit.snap(st.session_state.get(name, limit.default))
    return torch.tensor([st.session_state[key(choice, dim)] for dim in range(len(limits))])


def starts(choice: cache.Choice) -> list[str]:
    """What the sliders can start from: any picture, the one picked on Explore, or a class."""
    picked = [PICKED] if picked_position(choice) is not None else []
    return [*picked, ANY, *choice.record.spec.class_names]


def picked_position(choice: cache.Choice) -> int | None:
    """The picture picked on Explore, if it is of this model's data set."""
    same_data = st.session_state.get("pick_dataset") == choice.record.config.dataset
    position = st.session_state.get("number_pick") if same_data else None
    num = len(cache.checkpoint(choice.key).latents)
    return position if position is not None and 0 <= position < num else None


def reset(choice: cache.Choice, limits: list[Range]) -> None:
    """Put every slider back to its default."""
    for dim, limit in enumerate(limits):
        st.session_state[key(choice, dim)] = limit.default
    told.reset(choice, cache.checkpoint(choice.key))
    st.session_state.pop(f"start_{choice.id}", None)


def start_from_picture(choice: cache.Choice, limits: list[Range]) -> None:
    """Put the sliders to the means of the picked picture, or of a random one of a class.

    A conditional model is told what is true of that picture.
    """
    found = cache.checkpoint(choice.key)
    latents = found.latents
    wanted = st.session_state["start_class"]
    positions = torch.arange(len(latents))
    if wanted == PICKED:
        positions = positions[picked_position(choice) :][:1]
    elif wanted != ANY:
        positions = positions[latents.label == choice.record.spec.class_names.index(wanted)]
    if not len(positions):
        return
    position = int(positions[random.randrange(len(positions))])  # noqa: S311
    clipped = 0
    for dim, (limit, value) in enumerate(
        zip(limits, latents.encoded.mean[position].tolist(), strict=True)
    ):
        st.session_state[key(choice, dim)] = limit.snap(value)
        clipped += not limit.low - limit.step <= value <= limit.high + limit.step
    told.start_from(choice, found, position)
    st.session_state[f"start_{choice.id}"] = (position, clipped)


def start(choice: cache.Choice) -> tuple[int, int] | None:
    """The picture that the sliders started from, and how many numbers did not fit."""
    return st.session_state.get(f"start_{choice.id}")


def order(found: Checkpoint) -> tuple[list[int], list[int]]:
    """Dimensions in use and collapsed ones; more than four are sorted by their KL."""
    dims, kl = list(range(found.model.latent_dim)), found.record.kl_per_dim
    if not kl:
        return dims, []
    if len(dims) > MAX_NATURAL_ORDER:
        dims.sort(key=lambda dim: -kl[dim])
    used = [dim for dim in dims if kl[dim] >= COLLAPSED_NATS]
    return used, [dim for dim in dims if kl[dim] < COLLAPSED_NATS]


def label(found: Checkpoint, dim: int) -> str:
    """A slider's label in Markdown: its number, and what it carries."""
    name, kl = f"number {dim + 1} (z{dim + 1})", found.record.kl_per_dim
    if not kl:
        return f":violet[**{name}**]"
    if kl[dim] < COLLAPSED_NATS:
        return f":gray[{name}, unused: KL {kl[dim]:.2f} nats]"
    return f":violet[**{name}**] carries {kl[dim]:.2f} nats (KL)"
