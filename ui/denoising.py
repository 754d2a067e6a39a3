"""The denoise lab: pictures, methods, and what is to be said about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

import torch
from torch import Tensor

from ui import cache, pictures
from ui.texts import plain
from vae_core.config import CorruptionConfig
from vae_core.corruption import CORRUPTIONS
from vae_core.data import DataSpec
from vae_core.data.strokes import draw_digits
from vae_core.restoration import Denoised

NUM_IMAGES = 8
MAX_MODELS = 3
IDENTICAL_DB = 99.99  # the core's PSNR ends at 100 dB: no error at all
PSNR_HELP = (
    "How close to the clean pictures, pixel by pixel, in decibels: higher is better, and 10 dB "
    "more means a tenth of the squared error. Identical pictures have \N{INFINITY}."
)
SSIM_HELP = (
    "How alike the shapes are: compares brightness, contrast and pattern patch by patch. 1 means "
    "identical, 0 nothing in common."
)
NOISY, MEDIAN = "noisy", "median filter"
DIGITS = tuple("0123456789")


@dataclass(frozen=True)
class Clean:
    """Pictures to damage.

    Attributes:
        images: (N, C, H, W) in [0, 1].
        is_drawn: whether this program drew them.
        conditions: what conditional models are told of them, each (N, ...).
    """

    images: Tensor
    is_drawn: bool
    conditions: Mapping[str, Tensor] = field(default_factory=dict)


def clean_images(spec: DataSpec, seed: int) -> Clean | None:
    """Random test pictures; drawn ones where digits are not on this computer; else None."""
    generator = torch.Generator().manual_seed(seed)
    data = cache.dataset(spec.name)
    if data is not None:
        chosen = torch.randperm(len(data.test), generator=generator)[:NUM_IMAGES]
        batch = data.test.batch(chosen)
        return Clean(batch.x, is_drawn=False, conditions=batch.conditions)
    channels, height, width = spec.event_shape
    if spec.class_names != DIGITS or channels != 1 or height != width:
        return None
    labels = torch.randint(10, (NUM_IMAGES,), generator=generator)
    images = draw_digits(labels, height, seed)
    return Clean(images, is_drawn=True, conditions={"class": labels})


def candidates(choice: cache.Choice, offered: Mapping[str, cache.Choice]) -> dict[str, str]:
    """Titles by id of the models of the same data set."""
    dataset = choice.record.config.dataset
    return {
        other.id: other.title
        for other in offered.values()
        if other.record.config.dataset == dataset
    }


def default_models(choice: cache.Choice, offered: Mapping[str, cache.Choice]) -> list[str]:
    """The picker's model, a twin trained on clean pictures, and those trained to remove noise.

    The twin is what makes a denoiser's training visible: the same size, other pictures.
    """
    others = [offered[i].record for i in candidates(choice, offered) if i != choice.id]
    trained = [record.id for record in others if record.config.train.corruption]
    clean_twins = [
        record.id
        for record in others
        if choice.record.config.train.corruption
        and record.config.train.corruption is None
        and record.config.model == choice.record.config.model
    ]
    return [choice.id, *clean_twins[:1], *trained][:MAX_MODELS]


def training(choice: cache.Choice) -> str:
    """What a model was trained for, in a few words."""
    corruption = choice.record.config.train.corruption
    what = "on clean pictures"
    if corruption is not None:
        what = f"to remove {_noise(corruption.kind)}, level {corruption.level:g}"
    return f"trained {what}" + "".join(f", told the {name}" for name in _told_names(choice))


def _told_names(choice: cache.Choice) -> list[str]:
    return [condition.name for condition in choice.record.config.model.conditions]


def _noise(kind: str) -> str:
    return CORRUPTIONS[kind].title.lower().replace("gaussian", "Gaussian")


def table(clean: Tensor, results: Mapping[str, Denoised], models: list[cache.Choice]) -> str:
    """HTML: one row for each method, with its mean PSNR and SSIM; the best are marked."""
    rows = [_row("clean", "Clean", f"{len(clean)} pictures", clean, None, False, False)]
    # Pictures that nothing has damaged win no prize.
    rated = [r for name, r in results.items() if name != NOISY or not _is_identical(r)]
    best = max(r.psnr_db for r in rated), max(r.ssim for r in rated)
    notes = {
        NOISY: ("Noisy", "what every method gets"),
        MEDIAN: ("Median filter", "classical, 3x3 pixels, no training"),
    } | {model.id: (model.title, training(model)) for model in models}
    for name, (title, note) in notes.items():
        result = results[name]
        is_rated = any(result is other for other in rated)
        is_best = is_rated and result.psnr_db == best[0], is_rated and result.ssim == best[1]
        rows.append(_row(name, title, note, result.images, result, *is_best))
    return f'<table class="vl-lab"><tbody>{"".join(rows)}</tbody></table>'


def _row(
    name: str,
    title: str,
    note: str,
    images: Tensor,
    result: Denoised | None,
    best_psnr: bool,
    best_ssim: bool,
) -> str:
    strip = pictures.img(pictures.sprite(images, gap=1), f"{title}: {len(images)} pictures", "100%")
    if result is None:  # nothing to measure there: room for the headings
        numbers = _heading("PSNR, dB", PSNR_HELP) + _heading("SSIM", SSIM_HELP)
    else:
        psnr = "\N{INFINITY}" if _is_identical(result) else f"{result.psnr_db:.2f}"
        numbers = (
            f'<td class="num psnr{" best" * best_psnr}">{psnr}{_tick(best_psnr)}</td>'
            f'<td class="num ssim{" best" * best_ssim}">{result.ssim:.3f}{_tick(best_ssim)}</td>'
        )
    return (
        f'<tr class="row-{escape(name.replace(" ", "-"))}"><th scope="row">{escape(title)}'
        f'<small>{escape(note)}</small></th><td class="strip">{strip}</td>{numbers}</tr>'
    )


def _heading(text: str, explained: str) -> str:
    return f'<th class="num head">{text} {pictures.tooltip(text, explained)}</th>'


def _is_identical(result: Denoised) -> bool:
    return result.psnr_db >= IDENTICAL_DB


def _tick(is_best: bool) -> str:
    return "<small>best</small>" if is_best else ""


def remarks(results: Mapping[str, Denoised], models: list[cache.Choice], kind: str) -> list[str]:
    """Plain sentences in Markdown: who was trained for this, who loses to a simple filter."""
    if _is_identical(results[NOISY]):
        said = [
            "There is no noise: these pictures are the clean ones, and all that a method changes "
            "is a loss."
        ]
    else:
        said = _trained(models, kind) + _untrained(results, models, kind)
        beaten = [m for m in models if results[m.id].psnr_db < results[MEDIAN].psnr_db]
        if beaten:
            said.append(f"Here the simple median filter beats {_names(beaten)} (higher PSNR).")
        if max(results.values(), key=lambda result: result.psnr_db) is results[NOISY]:
            said.append("By PSNR, nothing here beats leaving the pictures as they are.")
    said += _told(models)
    if models:
        said.append("A model invents plausible detail: what it draws may never have been there.")
    return said


def _corruption(model: cache.Choice) -> CorruptionConfig | None:
    return model.record.config.train.corruption


def _trained(models: list[cache.Choice], kind: str) -> list[str]:
    """Who was trained to remove this noise, and who another one."""
    said = []
    same = _trained_on(kind, models)
    if same:
        said.append(f"{_names(same)} {_were(same)} trained to remove this kind of noise.")
    for model in models:
        corruption = _corruption(model)
        if corruption and corruption.kind != kind:
            other = f"{_noise(corruption.kind)}, which this is not"
            said.append(f"**{plain(model.title)}** was trained to remove {other}.")
    return said


def _trained_on(kind: str, models: list[cache.Choice]) -> list[cache.Choice]:
    return [m for m in models if (found := _corruption(m)) and found.kind == kind]


def _were(models: list[cache.Choice]) -> str:
    return "was" if len(models) == 1 else "were"


def _untrained(results: Mapping[str, Denoised], models: list[cache.Choice], kind: str) -> list[str]:
    """Who was trained on clean pictures, and what came of it here."""
    clean = [model for model in models if not _corruption(model)]
    if not clean:
        return []
    said = f"{_names(clean)} {_were(clean)} trained on clean pictures, "
    best = max(clean, key=lambda model: results[model.id].psnr_db)
    top = results[best.id].psnr_db
    if top == max(result.psnr_db for result in results.values()):
        who = "" if len(clean) == 1 else f"{_names([best])} "
        return [f"{said}not for this, and {who}still scores best here (PSNR)."]
    better = [m for m in _trained_on(kind, models) if results[m.id].psnr_db > top]
    if better:
        score = "scores" if len(clean) == 1 else "score"
        return [f"{said}not for this, and {score} lower than {_names(better)}."]
    return [f"{said}not for this."]


def _told(models: list[cache.Choice]) -> list[str]:
    """Who knows more of each picture than what it shows."""
    said = []
    for model in models:
        names = " and ".join(f"the {name}" for name in _told_names(model))
        if names:
            said.append(
                f"**{plain(model.title)}** is told {names} of each picture, which the noisy "
                "picture alone does not show."
            )
    return said


def _names(models: list[cache.Choice]) -> str:
    return " and ".join(f"**{plain(model.title)}**" for model in models)
