"""Two models held against each other: every measure of both, and which is better where that means
something."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vae_core.metrics import METRICS
from vae_core.metrics.readability import Readable
from vae_core.record import RunRecord

TOLERANCE = 0.01  # less is chance: another seed, or other test pictures, can turn it round

Side = Literal["first", "second"]
_DECIMALS = {
    "elbo_nats": 1, "recon_nats": 1, "kl_nats": 2, "mse": 4, "psnr_db": 2, "ssim": 3,
    "knn_accuracy": 3,
}  # fmt: skip
_PRIOR, _FITTED = (
    "Readable draws from the prior",
    "Readable draws from a Gaussian fitted to its codes",
)


@dataclass(frozen=True)
class Row:
    """One measure of both models.

    Attributes:
        name: of the metric.
        title: for people.
        unit: "" for a share or a plain number.
        values: of the first model and the second; None for what a model does not have.
        decimals: with which they are shown.
        better: the better one; None where they differ by less than `TOLERANCE` of the larger, or
            are not comparable.
        why_not: why they are not comparable; "" where they are, or there is nothing to compare.
    """

    name: str
    title: str
    unit: str
    values: tuple[float | None, float | None]
    decimals: int
    better: Side | None
    why_not: str


def compare(
    records: tuple[RunRecord, RunRecord], readable: Sequence[Readable | None] = (None, None)
) -> list[Row]:
    """List what was measured of two models, at the end of their training.

    Args:
        records: of the two models.
        readable: what `readable_shares` found of each.
    """
    rows = [_row(name, records) for name in _DECIMALS]
    for name, title in (("prior", _PRIOR), ("fitted", _FITTED)):
        first, second = (
            None if shares is None else 100 * getattr(shares, name) for shares in readable
        )
        why_not = _other_data(records) or _told_more(records)
        better = None if why_not else _better((first, second), 0, "higher")
        rows.append(Row(name, title, "%", (first, second), 0, better, why_not))
    return [row for row in rows if row.values != (None, None)]


def _row(name: str, records: tuple[RunRecord, RunRecord]) -> Row:
    metric, decimals = METRICS[name], _DECIMALS[name]
    first, second = (
        None if record.summary is None else getattr(record.summary, name) for record in records
    )
    values = (first, second)
    why_not = "" if None in values else _why_not(name, records)
    better = None if why_not else _better(values, decimals, metric.better)
    return Row(name, metric.title, metric.unit, values, decimals, better, why_not)


def _better(values: tuple[float | None, float | None], decimals: int, rule: str) -> Side | None:
    first, second = values
    if first is None or second is None or rule == "neither":
        return None
    if abs(first - second) < TOLERANCE * max(abs(first), abs(second)):
        return None
    if round(first, decimals) == round(second, decimals):
        return None
    return "first" if (first > second) == (rule == "higher") else "second"


def _why_not(name: str, records: tuple[RunRecord, RunRecord]) -> str:
    """Why the values of a metric must not be ranked; "" where they may."""
    first, second = (record.config.model for record in records)
    if other := _other_data(records):
        return other
    if name in ("elbo_nats", "recon_nats") and first.likelihood != second.likelihood:
        return "Their likelihoods differ: what a nat of each means differs too."
    if name == "recon_nats" and first.posterior != second.posterior:
        return "The VAE's is with z drawn from its posterior, the autoencoder's without spread."
    if name == "knn_accuracy" and any("class" in _told(record) for record in records):
        return "A model that is told the class need not keep it in its numbers."
    return _told_more(records)


def _told(record: RunRecord) -> set[str]:
    return {condition.name for condition in record.config.model.conditions}


def _told_more(records: tuple[RunRecord, RunRecord]) -> str:
    first, second = records
    if _told(first) == _told(second):
        return ""
    return "One of them is told more of each picture than the other."


def _other_data(records: tuple[RunRecord, RunRecord]) -> str:
    first, second = records
    if first.data_fingerprint != second.data_fingerprint:
        return "They were measured on other pictures."
    summaries = (first.summary, second.summary)
    sizes = {None if found is None else (found.split, found.num_images) for found in summaries}
    return "" if len(sizes) == 1 else "They were measured on other pictures."
