"""The picked picture: original, reconstruction, its place, and the numbers behind it."""

from dataclasses import dataclass
from functools import cached_property

import streamlit as st
import torch
from torch import Tensor

from ui import cache, originals, pictures, theme
from vae_core.checkpoints import Checkpoint
from vae_core.distributions import DiagonalGaussian
from vae_core.inference import decode

SIZE = "112px"
MINUS = "\N{MINUS SIGN}"


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

    @property
    def label(self) -> str:
        """Its class."""
        return self.found.record.spec.class_names[int(self.found.latents.label[self.position])]

    @cached_property
    def original(self) -> Tensor | None:
        """(1, C, H, W); None when the data set is not here."""
        return cache.original(self.found, self.position)

    @cached_property
    def reconstruction(self) -> Tensor:
        """(1, C, H, W): decoded from the mean."""
        return decode(self.found.model, self.mean[None])

    @cached_property
    def recon_nats(self) -> float | None:
        """-log p(x | z = mean); None without the original."""
        if self.original is None:
            return None
        with torch.inference_mode():
            params = self.found.model.decode((self.mean[None],))
            return -self.found.model.likelihood.log_prob(params, self.original).item()

    @cached_property
    def kl_per_dim(self) -> list[float]:
        """KL to the prior in nats; empty for an autoencoder."""
        if self.logvar is None:
            return []
        return DiagonalGaussian(self.mean[None], self.logvar[None]).kl()[0].tolist()


def number(value: float, digits: int = 2) -> str:
    """A number with a real minus sign, and none before a zero."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", MINUS)


def show_pictures(picked: Picked) -> None:
    """Original, arrow, reconstruction, and the label."""
    if picked.original is None:
        left = pictures.blank(originals.MISSING, SIZE)
    else:
        content = pictures.sprite(picked.original)
        left = pictures.img(content, f"the original, a {picked.label}", SIZE, "original")
    content = pictures.sprite(picked.reconstruction)
    alt = "what the decoder makes of its place on the map"
    right = pictures.img(content, alt, SIZE, "reconstruction")
    pictures.show(
        f'<div class="vl-row">{pictures.figure(left, "original")}<span class="arrow">→</span>'
        f"{pictures.figure(right, 'reconstruction')}</div>"
    )


def show_place(picked: Picked) -> None:
    """One plain line: mean and spread."""
    x, y = picked.view.projection.project(picked.mean[None])[0].tolist()
    strip = picked.view.projection.is_strip
    where = number(x) if strip else f"({number(x)}, {number(y)})"
    prefix = "On this map: mean" if len(picked.mean) > 2 else "Mean"
    if picked.logvar is None:
        rest = "; an autoencoder gives a single point, no spread."
    else:
        variances = (picked.view.projection.axes.square().T @ picked.logvar.exp()).sqrt().tolist()
        spreads = variances[:1] if strip else variances
        text = " and ".join(number(value) for value in spreads)
        rest = f', spread <b class="sigma">{text}</b>'
    pictures.show(f'<p>{prefix} <b class="mean">{where}</b>{rest}</p>')


def show_maths(picked: Picked) -> None:
    """The formulas with this picture's numbers; what is shown adds up."""
    mean, recon = theme.concept("mean"), theme.concept("reconstruction")
    sigma, kl = theme.concept("sigma"), theme.concept("kl")
    if picked.logvar is None:
        st.latex(rf"\textcolor{{{mean}}}{{z}} = f(x),\quad \hat x = g(\textcolor{{{mean}}}{{z}})")
        if picked.recon_nats is not None:
            st.latex(
                rf"\textcolor{{{recon}}}{{-\log p(x \mid z)}} = {picked.recon_nats:.2f}"
                r"\text{ nats}"
            )
        st.caption("No KL and no ELBO: an autoencoder has no prior to be held against.")
        return
    terms = [round(term, 2) for term in picked.kl_per_dim]
    total = sum(terms)
    few = " + ".join(f"{term:.2f}" for term in terms) + " = " if 1 < len(terms) < 4 else ""
    st.latex(
        rf"\textcolor{{{kl}}}{{\text{{KL}}}} = \sum_i \tfrac12\left("
        rf"\textcolor{{{mean}}}{{\mu_i}}^2 + \textcolor{{{sigma}}}{{\sigma_i}}^2 - 1 - "
        rf"\ln \textcolor{{{sigma}}}{{\sigma_i}}^2\right)\\ = {few}{total:.2f}"
    )
    if picked.recon_nats is None:
        st.caption("The reconstruction term needs the original, which is not on this computer.")
        return
    bill = round(picked.recon_nats, 2)
    name = rf"\textcolor{{{recon}}}{{-\log p(x \mid z)}}"
    st.latex(
        rf"-\text{{ELBO}} = \underbrace{{{bill:.2f}}}_{{{name}}}"
        rf" + \underbrace{{{total:.2f}}}_{{\textcolor{{{kl}}}{{\text{{KL}}}}}}"
        rf" = {bill + total:.2f}\text{{ nats}}"
    )
    st.caption(r"In nats, for this one picture, with z at the mean.")
