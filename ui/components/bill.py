"""What the picked picture costs: the ELBO as a bill, each number lighting its term."""

from typing import Any

from ui.components import register
from ui.picked import Picked
from vae_core.config import RunConfig
from vae_core.objectives import ElboConfig

_BILL = register("bill")


def show(picked: Picked, noun: str) -> None:
    """Draw the bill of the picked picture.

    Args:
        noun: what one picture is called.
    """
    _BILL(key="bill", data=_described(picked, noun))


def _described(picked: Picked, noun: str) -> dict[str, Any]:
    """What `bill.js` is given; numbers in nats."""
    record, found = picked.found.record, picked.bill
    summary = record.summary
    elbo = None if summary is None else summary.elbo_nats
    given = {
        "noun": noun,
        "hasKl": record.config.model.posterior == "gaussian",
        "beta": record.config.train.beta,
        "hasOtherTerms": _has_other_terms(record.config),
        "average": None if elbo is None else -elbo,
        "note": picked.found.model.likelihood.note,
    }
    if found is None:
        return given | {"recon": None}
    names = ("kl", "mean", "sigma", "prior_mean", "prior_sigma")
    numbers = {name: getattr(found, name).tolist() for name in names}
    return given | {"recon": found.recon.tolist()} | numbers


def _has_other_terms(config: RunConfig) -> bool:
    """Say whether training minimised more than reconstruction + beta * KL."""
    classifies = any(condition.classifier_weight for condition in config.model.conditions)
    return config.train.objective != ElboConfig() or classifies
