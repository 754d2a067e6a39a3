"""The picked picture: what it is, and what it costs."""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from ui import cache, told
from vae_core.bill import Bill, bill
from vae_core.checkpoints import Checkpoint


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
    def bill(self) -> Bill | None:
        """What it costs, term by term; None without the original."""
        return None if self.original is None else bill(self.found.model, self.original, self.told)
