"""A report on restored pictures as one HTML page: everything inside it, nothing that runs."""

import base64
from html import escape

from torch import Tensor

from vae_core.export.restoring.results import TINTED, Results, Row, decibels, likeness
from vae_core.images import png, tile
from vae_core.metrics import MOST_DB

USUAL_NUM = 8  # of pictures in a row
LONG = 80  # letters of a setting that gets a printed line of its own
SPREAD_GAIN = 4.0  # of the picture of spreads: a standard deviation of 0.25 is white
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
_STYLE = """
:root { color-scheme: light; }
body { max-width: 960px; margin: 0 auto; padding: 24px; background: #fff; color: #1b2430;
  font: 14px/1.45 "Source Sans", "Source Sans 3", system-ui, sans-serif;
  font-variant-numeric: tabular-nums; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; }
h2 { margin: 24px 0 8px; color: #1b2430; font-size: 18px; font-weight: 700; }
p { margin: 4px 0; }
.muted, small { color: #475467; font-size: 13px; }
small { display: block; font-weight: 400; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 4px 8px 4px 0; text-align: left; vertical-align: middle; }
thead th { color: #475467; font-weight: 400; vertical-align: bottom; }
.number { width: 72px; text-align: right; }
.name { width: 210px; overflow-wrap: anywhere; }
.best { color: #0b63ce; font-weight: 700; }
tbody tr { break-inside: avoid; }
img { display: block; width: 100%; image-rendering: pixelated; background: #000; }
.each td, .each th { padding: 2px 6px 2px 0; border-bottom: 1px solid #d0d8e2; font-size: 13px; }
.each .number { width: auto; }
.settings th { width: 210px; font-weight: 400; color: #475467; }
.settings td { overflow-wrap: anywhere; }
ul { margin: 4px 0; padding-left: 18px; }
@page { size: A4; margin: 8mm 10mm; }
/* One sheet of paper, on which pictures get the width. */
@media print {
  body { max-width: none; padding: 0; font-size: 11px; line-height: 1.3; }
  h1 { font-size: 16px; }
  h2 { margin: 8px 0 2px; font-size: 13px; }
  p, ul { margin: 2px 0; }
  .muted, small, li, thead th, .each td, .each th, .settings td, .settings th { font-size: 10px; }
  small { line-height: 1.15; }
  th, td { padding: 1px 6px 1px 0; }
  .number { width: 50px; }
  .name { width: 190px; }
  .each td, .each th { padding: 1px 4px 0 0; line-height: 1.2; }
  .said { display: grid; grid-template-columns: 1fr 1fr; gap: 0 16px; }
  .settings tbody { display: grid; grid-template-columns: 1fr 1fr; gap: 0 12px; }
  .settings tr { display: grid; grid-template-columns: 110px minmax(0, 1fr); }
  .settings .long { grid-column: 1 / -1; }
  .settings th, .settings td { width: auto; padding: 0; }
  img, .best { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


def as_html(results: Results) -> str:
    """Write the page. Every text in it is escaped; it holds no script, and loads nothing."""
    title = escape(results.title)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title} \N{MIDDLE DOT} VAE Lab</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        f'<p class="muted">{escape(results.pictures)}. Made {escape(results.made_at)}.</p>',
        _pictures(results),
        '<div class="said">',
        _list("What it shows", results.remarks),
        _list("What it does not show", results.limits),
        "</div>",
        _each(results),
        _settings(results),
        "</body></html>",
    ]
    return "\n".join(part for part in parts if part)


def _pictures(results: Results) -> str:
    best_db = results.best(lambda row: row.mean_psnr_db)
    best_ssim = results.best(lambda row: row.mean_ssim)
    rows = "".join(_row(row, row.name in best_db, row.name in best_ssim) for row in results.rows)
    return (
        '<table><thead><tr><th colspan="2"><h2>Pictures</h2></th>'
        '<th class="number">PSNR, dB</th><th class="number">SSIM</th>'
        f'<th class="number">ms a picture</th></tr></thead><tbody>{rows}</tbody></table>'
        '<p class="muted">Numbers are means over the pictures; higher is better. PSNR: 10 dB more '
        f"is a tenth of the squared error; in the mean each picture counts for {MOST_DB:g} dB at "
        "most. SSIM: 1 is identical.</p>"
    )


def _row(row: Row, is_best_db: bool, is_best_ssim: bool) -> str:
    each_ms = "" if row.elapsed_ms is None else f"{row.elapsed_ms / len(row.images):.1f}"
    cells = (
        f"{_number(decibels(row.mean_psnr_db), is_best_db)}"
        f"{_number(likeness(row.mean_ssim), is_best_ssim)}{_number(each_ms)}"
    )
    note = f"{row.note} ({TINTED})" if row.is_tinted else row.note
    name = f"{escape(row.title)}<small>{escape(note)}</small>"
    lines = f'<tr><th class="name">{name}</th><td>{_image(row.seen, row.title)}</td>{cells}</tr>'
    if row.spread is not None:
        spread = (SPREAD_GAIN * row.spread).clamp(0, 1)
        note = "Its spread<small>standard deviation of each pixel over draws; 0.25 is white</small>"
        shown = _image(spread, f"Spread of {row.title}")
        lines += f'<tr><th class="name">{note}</th><td>{shown}</td><td colspan="3"></td></tr>'
    return lines


def _number(text: str, is_best: bool = False) -> str:
    return f'<td class="number{" best" if is_best else ""}">{text}</td>'


def _image(images: Tensor, title: str) -> str:
    """Pictures side by side; fewer than the lab's are no larger."""
    gap = 1 if images.shape[-1] < 16 else 2
    text = base64.b64encode(png(tile(images, len(images), gap))).decode()
    alt = escape(f"{title}: {len(images)} pictures", quote=True)
    width = min(100.0, 100 * len(images) / USUAL_NUM)
    return f'<img alt="{alt}" style="max-width: {width:g}%" src="data:image/png;base64,{text}">'


def _list(title: str, lines: tuple[str, ...]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<section><h2>{title}</h2><ul>{items}</ul></section>" if lines else ""


def _each(results: Results) -> str:
    """PSNR of each picture by each method."""
    shows = "<small>what it shows</small>" if results.labels else ""
    places = range(results.num)
    heads = "".join(
        f'<th class="number">{place + 1}<small>{escape(results.label(place))}</small></th>'
        for place in places
    )
    rows = "".join(
        f"<tr><th>{escape(row.title)}</th>"
        + "".join(f'<td class="number">{decibels(value)}</td>' for value in row.psnr_db)
        + "</tr>"
        for row in results.rows
        if row.psnr_db
    )
    return (
        '<h2>PSNR of each picture, dB</h2><table class="each">'
        f"<thead><tr><th>Picture{shows}</th>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _settings(results: Results) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    told = {**results.settings, "Versions": versions} if versions else dict(results.settings)
    rows = "".join(_told(name, value) for name, value in told.items())
    return f'<h2>Settings</h2><table class="settings"><tbody>{rows}</tbody></table>'


def _told(name: str, value: str) -> str:
    kind = ' class="long"' if len(value) > LONG else ""
    return f"<tr{kind}><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
