"""Restored pictures and their numbers, as they are taken away."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from vae_core.metrics import MOST_DB, WHOLE_DB


@dataclass(frozen=True)
class Row:
    """What one method made of all pictures; the clean and the damaged ones are rows too.

    Attributes:
        name: of the method.
        title: what people call it.
        note: what it is.
        images: (N, C, H, W) in [0, 1].
        psnr_db, ssim: of each picture, N numbers; none for the clean ones.
        elapsed_ms: for all pictures together; None where nothing was restored.
        spread: (N, 1, H, W), the standard deviation over draws from a posterior, if any.
    """

    name: str
    title: str
    note: str
    images: Tensor
    psnr_db: tuple[float, ...] = ()
    ssim: tuple[float, ...] = ()
    elapsed_ms: float | None = None
    spread: Tensor | None = None

    @property
    def mean_psnr_db(self) -> float | None:
        """Mean over pictures, each 40 dB at most; of nothing but whole pictures their own 100."""
        if all(value >= WHOLE_DB for value in self.psnr_db):
            return min(self.psnr_db, default=None)
        return sum(min(value, MOST_DB) for value in self.psnr_db) / len(self.psnr_db)

    @property
    def mean_ssim(self) -> float | None:
        """Mean over pictures."""
        return sum(self.ssim) / len(self.ssim) if self.ssim else None


@dataclass(frozen=True)
class Results:
    """All that was restored at once.

    Attributes:
        title: what was done, such as "Gaussian noise, level 0.5".
        pictures: whose they are, in a few words.
        rows: the clean pictures first, then the damaged ones, then each method's.
        labels: what each picture shows, N; none where that is not known.
        settings: name -> value of all that decides the results, seeds among them.
        remarks: what is to be said of the results.
        limits: what they do not show.
        made_at: date and time.
        versions: library -> version.
    """

    title: str
    pictures: str
    rows: tuple[Row, ...]
    labels: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    made_at: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def num(self) -> int:
        """Pictures in each row."""
        return len(self.rows[0].images)

    @property
    def best(self) -> Row | None:
        """The method, or the damaged pictures, with the highest mean PSNR."""
        rated = [row for row in self.rows if row.psnr_db]
        return max(rated, key=lambda row: row.mean_psnr_db or 0.0, default=None)

    def label(self, place: int) -> str:
        """What a picture shows; "" where that is not known."""
        return self.labels[place] if self.labels else ""


def decibels(value: float | None) -> str:
    """A PSNR as people read it; the sign of infinity for no error at all."""
    if value is None:
        return ""
    return "\N{INFINITY}" if value >= WHOLE_DB else f"{value:.2f}"


def likeness(value: float | None) -> str:
    """An SSIM as people read it."""
    return "" if value is None else f"{value:.3f}"
