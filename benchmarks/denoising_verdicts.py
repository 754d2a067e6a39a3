"""Who wins: the aims of the protocol, and every place where a baseline beats what was trained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.denoising_protocol import CHAMPION, CLASSICAL, NOISY, SEARCH, VAES

Rows = Mapping[str, Mapping[str, Any]]
Results = Mapping[str, Rows]

BASELINE = "best classical"
MEASURES = ("psnr_db", "ssim", "accuracy")


@dataclass(frozen=True)
class Aim:
    """How far one method is to be ahead of another.

    Attributes:
        key: of the damage.
        method, rival: names; "best classical" is the filter with the highest PSNR there.
        needed_db: of PSNR; 0 asks for any lead.
        measure: "psnr_db_first" where a search takes part.
    """

    key: str
    method: str
    rival: str
    needed_db: float
    measure: str = "psnr_db"


AIMS = (
    Aim("gaussian-0.5", "denoising-vae", BASELINE, 2.5),
    Aim("gaussian-0.5", CHAMPION, BASELINE, 5.0),
    Aim("gaussian-0.2", CHAMPION, BASELINE, 1.0),
    Aim("half-0.5", CHAMPION, "biharmonic", 0.0),
    Aim("masked-square-0.4", CHAMPION, "biharmonic", 0.0),
    Aim("half-0.5", SEARCH, "vae", 2.0, "psnr_db_first"),
)


def best(rows: Rows, names: Sequence[str], measure: str = "psnr_db") -> str | None:
    """Who of these has the highest value; the first of equals, None where nobody took part."""
    return max(
        (name for name in names if name in rows), key=lambda name: rows[name][measure], default=None
    )


def judged(results: Results, aims: Sequence[Aim] = AIMS) -> list[dict[str, Any]]:
    """Hold every aim against the results; those whose methods were left out are left out.

    Returns:
        For each: key, method, rival (by name), lead_db, needed_db, is_met.
    """
    verdicts = []
    for aim in aims:
        rows = results.get(aim.key, {})
        rival = best(rows, CLASSICAL) if aim.rival == BASELINE else aim.rival
        if aim.method not in rows or rival not in rows:
            continue
        lead_db = round(rows[aim.method][aim.measure] - rows[rival][aim.measure], 3)
        is_met = lead_db >= aim.needed_db if aim.needed_db else lead_db > 0
        verdicts.append(
            {
                "key": aim.key,
                "method": aim.method,
                "rival": rival,
                "lead_db": lead_db,
                "needed_db": aim.needed_db,
                "is_met": is_met,
            }
        )
    return verdicts


def baseline_wins(results: Results) -> list[dict[str, Any]]:
    """Every damage and measure where a filter, or doing nothing, beats something that was trained.

    A search, which restores the first images only, is ranked by the PSNR of those.

    Returns:
        For each: key, measure, baseline (by name), value, and "beats": those of "one pass" (the
        best of the VAEs in one pass), "champion" and "search" that lose -> their value.
    """
    groups = {"one pass": VAES, CHAMPION: (CHAMPION,)}
    asked = [(measure, groups) for measure in MEASURES] + [("psnr_db_first", {SEARCH: (SEARCH,)})]
    wins = []
    for key, rows in results.items():
        for measure, rivals in asked:
            baseline = best(rows, [NOISY, *CLASSICAL], measure)
            assert baseline is not None  # doing nothing always takes part
            value = rows[baseline][measure]
            beats = {
                group: rows[name][measure]
                for group, names in rivals.items()
                if (name := best(rows, names, measure)) and rows[name][measure] < value
            }
            if beats:
                win = {"key": key, "measure": measure, "baseline": baseline, "value": value}
                wins.append(win | {"beats": beats})
    return wins
