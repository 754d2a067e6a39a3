"""Quality against level, as a table and as CSV."""

import csv
import io
from collections.abc import Mapping, Sequence
from html import escape

from ui.limits_figure import by_method
from vae_core.restoration import LevelRow, Quality

_QUANTILES = {"mean": "mean", "low": "p10", "median": "p50", "high": "p90"}


def table(rows: Sequence[LevelRow], titles: Mapping[str, str], quality: Quality) -> str:
    """HTML: a row for each level, a column for each method."""
    found = by_method(rows)
    shown = [method for method in titles if method in found]
    heads = "".join(f'<th scope="col" class="head">{escape(titles[m])}</th>' for m in shown)
    body = ""
    for level in sorted({row.level for row in rows}):
        cells = ""
        for method in shown:
            of_level = [row for row in found[method] if row.level == level]
            cells += f"<td>{_cell(of_level[0], quality) if of_level else ''}</td>"
        body += f'<tr><th scope="row">{level:g}</th>{cells}</tr>'
    return (
        '<div class="vl-wide"><table class="vl-levels"><thead><tr>'
        f'<th scope="col">Level</th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _cell(row: LevelRow, quality: Quality) -> str:
    if quality == "read":
        return "" if row.share_read is None else f"{100 * row.share_read:.0f} %"
    spread, decimals = row.spread(quality), 2 if quality == "psnr_db" else 3
    between = f"{spread.low:.{decimals}f} to {spread.high:.{decimals}f}"
    return f"{spread.mean:.{decimals}f}<small>{between}</small>".replace("-", "\N{MINUS SIGN}")


def to_csv(rows: Sequence[LevelRow], kind: str, seed: int) -> str:
    """Every number that the chart draws, and what it takes to measure it again."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(
        ["damage", "level", "seed", "method", "images"]
        + [f"{quality}_{name}" for quality in ("psnr_db", "ssim") for name in _QUANTILES.values()]
        + ["share_read"]
    )
    for row in rows:
        spreads = [row.spread("psnr_db"), row.spread("ssim")]
        writer.writerow(
            [kind, f"{row.level:g}", seed, row.method, row.num_images]
            + [f"{getattr(spread, name):.4f}" for spread in spreads for name in _QUANTILES]
            + ["" if row.share_read is None else f"{row.share_read:.4f}"]
        )
    return file.getvalue()
