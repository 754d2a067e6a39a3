"""Two models held against each other: which ones, and the table of what was measured of both."""

from collections.abc import Mapping
from html import escape

import streamlit as st
import torch
from torch import Tensor

from ui import cache, pictures, told
from vae_core.comparison import TOLERANCE, Row
from vae_core.distributions import DiagonalGaussian
from vae_core.metrics.extractor import reader_of
from vae_core.metrics.readability import CONFIDENT, NUM_DRAWS, Readable, readable_shares

NUM_SAMPLES = 16
FAMILY = "mnist-2d"  # bundled with four betas
_NAT = "A nat is a unit of information, as a bit is: 1 nat is 1.44 bits."
_EXPLAINED = {
    "elbo_nats": f"How likely the model says the test pictures are, at least. {_NAT}",
    "recon_nats": f"What it costs to redraw a picture from its code. {_NAT}",
    "kl_nats": "What it costs to say where in the prior, the cloud that training wants the codes "
    f"to be, a picture lies. {_NAT}",
    "mse": "Of reconstructions: the squared difference from the picture, averaged over all pixels.",
    "psnr_db": "Peak signal-to-noise ratio of reconstructions: 10 dB more is a tenth of the "
    "squared error.",
    "ssim": "Structural similarity of reconstructions: compares small windows, 1 is the same.",
    "knn_accuracy": "How often the 15 training codes nearest to a test picture's are mostly of "
    "its class.",
    "prior": "Drawn from N(0, I), the prior: the cloud that training wants the codes to be.",
    "fitted": "Drawn where its codes really lie: from the Gaussian of their mean and spread.",
}


def candidates(choice: cache.Choice, offered: Mapping[str, cache.Choice]) -> list[cache.Choice]:
    """Other models of the same data, the likeliest first: a VAE's autoencoder, and the reverse."""
    mine = choice.record.config

    def distance(other: cache.Choice) -> tuple[bool, bool, bool]:
        config = other.record.config
        counterpart = config.model.evolve(posterior=mine.model.posterior) == mine.model
        is_other_kind = config.model.posterior != mine.model.posterior
        return (
            not (counterpart and is_other_kind),
            config.model.latent_dim != mine.model.latent_dim,
            config.model.conditions != mine.model.conditions,
        )

    others = [
        other
        for other in offered.values()
        if other.id != choice.id and other.record.config.dataset == mine.dataset
    ]
    return sorted(others, key=distance)


def betas(choice: cache.Choice, offered: Mapping[str, cache.Choice]) -> dict[float, cache.Choice]:
    """Models that differ from one in beta alone, itself among them, by their beta, ascending."""
    if choice.record.config.model.posterior != "gaussian":
        return {}
    same = choice.record.config
    family = {
        other.record.config.train.beta: other
        for other in offered.values()
        if other.record.config.evolve(train=same.train) == same.evolve(train=same.train)
        and other.record.config.train.evolve(beta=same.train.beta) == same.train
    } | {same.train.beta: choice}
    return dict(sorted(family.items()))


def known_class(found_any: list[cache.Choice]) -> int | None:
    """Ask which class conditional models are told; None when neither is told one."""
    specs = [
        choice.record
        for choice in found_any
        if told.CLASS in told.names(choice.record.config.model)
    ]
    if not specs:
        return None
    names = specs[0].spec.class_names
    return st.selectbox(
        "Class told",
        range(len(names)),
        format_func=lambda label: f"told the class {names[label]}",
        key="compare_class",
        bind="query-params",
        label_visibility="collapsed",
        width=180,
    )


def told_everywhere(choice: cache.Choice, label: int | None) -> dict[str, Tensor]:
    """What one model is told at every place of its map, each (1, ...)."""
    found = cache.checkpoint(choice.key)
    given = told.default(found)
    if told.CLASS in given and label is not None:
        given[told.CLASS] = label
    return told.from_json(found, given)


def draw_samples(choice: cache.Choice, seed: int, known: told.Told) -> Tensor:
    """Latents from the prior, (16, D); from N(0, I) for an autoencoder."""
    model = cache.checkpoint(choice.key).model
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(NUM_SAMPLES, model.latent_dim, generator=generator)
    with torch.inference_mode():
        prior = model.prior(known)
        if isinstance(prior, DiagonalGaussian):
            return prior.mean + (0.5 * prior.logvar).exp() * noise
    return noise


@st.cache_resource(max_entries=64, show_spinner="Counting what can be read")
def readable(key: cache.Key) -> Readable | None:
    """Shares of a model's decodes that a classifier reads.

    None where there is no classifier, or where what the model is to be told is not known.
    """
    found = cache.checkpoint(key)
    reader = reader_of(found.record.config.dataset)
    if reader is None or len(found.latents) < 2:
        return None
    conditions = told.of_draws(found, NUM_DRAWS)
    if conditions is None:
        return None
    means = found.latents.encoded.mean
    return readable_shares(found.model, means, reader, conditions)


def caption(choice: cache.Choice, shares: Readable | None) -> str:
    """One line under a model's samples."""
    drawn = "Drawn from the prior."
    if choice.record.config.model.posterior != "gaussian":
        drawn = "Drawn from N(0, I), since an autoencoder has no prior."
    if shares is None:
        return drawn
    return f"{drawn} A classifier reads {100 * shares.prior:.0f} % of such."


def table(rows: list[Row], titles: tuple[str, str]) -> str:
    """HTML: one row for each measure; the better value is marked where that means something."""
    heads = "".join(f'<td class="num head">{escape(title)}</td>' for title in titles)
    body = "".join(_line(row) for row in rows)
    sure = (
        "Both columns are measured on the same pictures, at the end of each training. A "
        f"\N{CHECK MARK} marks the better one, unless they differ by less than "
        f"{100 * TOLERANCE:.0f} %: that much is chance. A draw counts as readable when a "
        "classifier that was taught on real pictures gives its likeliest class "
        f"{100 * CONFIDENT:.0f} % or more; {NUM_DRAWS:,} draws with one seed."
    )
    return (
        f'<table class="vl-lab vl-compared"><tbody><tr><td class="head"></td>{heads}'
        f'<td class="head"></td></tr>{body}</tbody></table><p class="vl-muted">{sure}</p>'
    )


def _line(row: Row) -> str:
    unit = f" <small>{escape(row.unit)}</small>" if row.unit else ""
    cells = ""
    for side, value in zip(("first", "second"), row.values, strict=True):
        best = " best" if row.better == side else ""
        mark = '<span role="img" aria-label="better"> \N{CHECK MARK}</span>' if best else ""
        shown = "none" if value is None else _shown(value, row.decimals)
        cells += f'<td class="num{best}">{shown}{mark}</td>'
    why = pictures.tooltip("Not compared", row.why_not) if row.why_not else ""
    what = pictures.tooltip(row.title, _EXPLAINED[row.name])
    return f"<tr><th>{escape(row.title)} {what}{unit}</th>{cells}<td>{why}</td></tr>"


def _shown(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}".replace("-", "\N{MINUS SIGN}")
