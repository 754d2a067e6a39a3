"""What validation decides: which weights are the best, when to slow down, when to stop."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor

PLATEAU_FACTOR = 0.5
PLATEAU_EPOCHS = 5


class Selection:
    """Follows the validation score of a run, one value an epoch.

    The score is the ELBO at beta = 1, whatever beta is trained with, so that values during a
    warm-up compare (a plain autoencoder's is the log-likelihood of its reconstructions).

    Args:
        patience: epochs without a better score after which to stop; None never stops and keeps
            no weights.
        halves: whether the learning rate halves after every 5 epochs without a better score.

    Attributes:
        factor: of the learning rate.
        num_worse: epochs since the best one.
        best: its score; None before the first.
        weights: its weights (copies), when there is a patience.
    """

    def __init__(self, patience: int | None, *, halves: bool) -> None:
        self.patience, self.halves = patience, halves
        self.best: float | None = None
        self.num_worse = 0
        self.factor = 1.0
        self.weights: dict[str, Tensor] = {}

    def see(self, score: float, weights: Mapping[str, Tensor], *, counts: bool = True) -> None:
        """Take one epoch's score in.

        Args:
            score: higher is better.
            weights: of the model that was validated.
            counts: False while beta still rises: a better score is kept then, a worse one is not
                held against the run.
        """
        if self.best is None or score > self.best:
            self.best, self.num_worse = score, 0
            if self.patience is not None:
                self.weights = {name: value.detach().clone() for name, value in weights.items()}
        elif counts:
            self.num_worse += 1
            if self.halves and self.num_worse % PLATEAU_EPOCHS == 0:
                self.factor *= PLATEAU_FACTOR

    @property
    def says_stop(self) -> bool:
        """Whether patience has run out."""
        return self.patience is not None and self.num_worse >= self.patience

    def state_dict(self) -> dict[str, Any]:
        """Everything, as tensors and plain numbers."""
        best = {} if self.best is None else {"best": self.best}
        numbers = {"num_worse": self.num_worse, "factor": self.factor}
        return numbers | best | {"weights": dict(self.weights)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go back to a `state_dict`."""
        self.best = float(state["best"]) if "best" in state else None
        self.num_worse = int(state["num_worse"])
        self.factor = float(state["factor"])
        self.weights = dict(state.get("weights", {}))
