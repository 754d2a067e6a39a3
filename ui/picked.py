"""The picked picture: what it is, and the maths of its place."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st
import torch
from torch import Tensor

from ui import cache, theme, told
from vae_core.checkpoints import Checkpoint
from vae_core.distributions import DiagonalGaussian, Prior

MAX_TERMS = 3


@dataclass(frozen=True)
class Picked:
    """One stored picture of a model.

    Attributes:
        found: the model.
        position: among the stored latents.
        view: the map it is on.
    """

    found: Checkpoint
    position: int
    view: cache.MapView

    @property
    def mean(self) -> Tensor:
        """Posterior mean, (D,)."""
        return self.found.latents.encoded.mean[self.position]

    @property
    def logvar(self) -> Tensor | None:
        """Logarithm of the posterior's variance, (D,); None for an autoencoder."""
        logvar = self.found.latents.encoded.logvar
        return None if logvar is None else logvar[self.position]

    @cached_property
    def original(self) -> Tensor | None:
        """(1, C, H, W); None when the data set is not here."""
        return cache.original(self.found, self.position)

    @cached_property
    def told(self) -> dict[str, Tensor]:
        """What a conditional model is told of it, each (1, ...)."""
        return told.of_pictures(self.found, [self.position])

    @cached_property
    def prior(self) -> Prior | None:
        """Of this picture's latent, given what is told of it."""
        with torch.inference_mode():
            return self.found.model.prior(self.told)

    @cached_property
    def recon_nats(self) -> float | None:
        """-log p(x | z = mean); None without the original."""
        if self.original is None:
            return None
        with torch.inference_mode():
            params = self.found.model.decode((self.mean[None],), self.told)
            return -self.found.model.likelihood.log_prob(params, self.original).item()

    @cached_property
    def kl_per_dim(self) -> list[float]:
        """KL to the prior in nats; empty for an autoencoder."""
        if self.logvar is None:
            return []
        return DiagonalGaussian(self.mean[None], self.logvar[None]).kl(self.prior)[0].tolist()


def show_maths(picked: Picked) -> None:
    """The formulas with this picture's numbers; what is shown adds up."""
    mean, recon = theme.concept("mean"), theme.concept("reconstruction")
    if picked.logvar is None:
        z = rf"\textcolor{{{mean}}}{{\boldsymbol{{z}}}}"
        lines = [rf"{z} = f(x),\quad \hat x = g({z})"]
        if picked.recon_nats is not None:
            lines.append(
                rf"\textcolor{{{recon}}}{{-\log p(x \mid z)}} \approx {picked.recon_nats:.3f}"
                r"\text{ nats}"
            )
        st.latex(_stack(lines))
        st.caption("No KL and no ELBO: an autoencoder has no prior to be held against.")
        return
    terms, total = _kl_terms(picked.kl_per_dim)
    sigma, kl = theme.concept("sigma"), rf"\textcolor{{{theme.concept('kl')}}}{{\text{{KL}}}}"
    mu_i, sigma_i = (
        rf"\textcolor{{{colour}}}{{\boldsymbol{{\{name}_i}}}}"
        for colour, name in ((mean, "mu"), (sigma, "sigma"))
    )
    lines = [
        rf"{kl} = \textstyle\sum_i \tfrac12\left({_summand(picked, mu_i, sigma_i)}\right)",
        rf"\phantom{{\text{{KL}}}} \approx {terms}",
    ]
    if picked.recon_nats is None:
        said = "The reconstruction term needs the original, which is not on this computer."
    else:
        bill = round(picked.recon_nats, 3)
        error = rf"\textcolor{{{recon}}}{{-\log p(x \mid z)}}"
        lines.append(rf"{error} + {kl} \approx {bill:.3f} + {total:.3f} = {bill + total:.3f}")
        said = "In nats: an estimate of \N{MINUS SIGN}ELBO, with z at the mean."
    if isinstance(picked.prior, DiagonalGaussian):
        said += " The prior is this picture's own, by what is told of it: mean m, spread s."
    st.latex(_stack(lines))
    st.caption(said)


def _summand(picked: Picked, mu_i: str, sigma_i: str) -> str:
    """One dimension's KL in LaTeX, to N(0, 1) or to a prior N(m, s^2)."""
    if not isinstance(picked.prior, DiagonalGaussian):
        return rf"{mu_i}^2 + {sigma_i}^2 - 1 - \ln {sigma_i}^2"
    ratio = rf"\tfrac{{{sigma_i}^2}}{{s_i^2}}"
    return rf"\tfrac{{({mu_i} - m_i)^2}}{{s_i^2}} + {ratio} - 1 - \ln {ratio}"


def _stack(lines: list[str]) -> str:
    """Formulas below each other, starting at one edge."""
    return r"\begin{array}{l}" + r"\\[6pt]".join(lines) + r"\end{array}"


def _kl_terms(kl: list[float]) -> tuple[str, float]:
    """The sum's terms in LaTeX, the largest ones and all others together, and the sum."""
    terms = [round(term, 3) for term in kl]
    if len(terms) == 1:
        return f"{terms[0]:.3f}", terms[0]
    largest = sorted(range(len(terms)), key=lambda dim: -terms[dim])[:MAX_TERMS]
    shown = [rf"\underset{{i={dim + 1}}}{{{terms[dim]:.3f}}}" for dim in sorted(largest)]
    total = sum(terms)
    if len(terms) > MAX_TERMS:
        rest = total - sum(terms[dim] for dim in largest)
        shown.append(rf"\underset{{\text{{{len(terms) - MAX_TERMS} others}}}}{{{rest:.3f}}}")
    return f"{' + '.join(shown)} = {total:.3f}", total
