"""Restored pictures and their numbers, as they are taken away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from vae_core.metrics import MOST_DB, WHOLE_DB

TINT = (67, 119, 190)  # of hidden pixels, red, green, blue of 255: black would be lost on black
TINTED = "tinted: hidden; methods get black there"


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
        hidden: (N, 1, H, W) bool, pixels that are missing and black; None where none can be.
    """

    name: str
    title: str
    note: str
    images: Tensor
    psnr_db: tuple[float, ...] = ()
    ssim: tuple[float, ...] = ()
    elapsed_ms: float | None = None
    spread: Tensor | None = None
    hidden: Tensor | None = None

    @property
    def is_undamaged(self) -> bool:
        """Whether nothing was restored here, nor had to be."""
        return self.elapsed_ms is None and all(value >= WHOLE_DB for value in self.psnr_db)

    @property
    def seen(self) -> Tensor:
        """The images as people are shown them: in colour, hidden pixels tinted, where there are."""
        if self.hidden is None or not self.is_tinted:
            return self.images
        tint = torch.tensor(TINT).reshape(3, 1, 1) / 255
        return torch.where(self.hidden, tint, self.images)

    @property
    def is_tinted(self) -> bool:
        """Whether any pixel is hidden."""
        return self.hidden is not None and bool(self.hidden.any())

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

    def best(self, mean: Callable[[Row], float | None]) -> set[str]:
        """Names of the rows whose mean is highest; none where all are as good.

        Pictures that are not damaged win no prize.

        Args:
            mean: of a row with numbers, such as its PSNR.
        """
        rated = [(mean(row), row) for row in self.rows if row.psnr_db and not row.is_undamaged]
        values = {value for value, _ in rated if value is not None}
        return {row.name for value, row in rated if len(values) > 1 and value == max(values)}

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
