"""The numbers as CSV: one line for each picture and method."""

import csv
import io

from vae_core.export.restoring.results import Results

COLUMNS = ("picture", "shows", "method", "title", "psnr_db", "ssim")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets begin to calculate at


def as_csv(results: Results) -> str:
    """One line for each picture of each row that has numbers; each ends in all settings.

    Texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    settings = dict(results.settings)
    writer.writerow([*COLUMNS, *map(_text, settings)])
    told = [_text(value) for value in settings.values()]
    for row in results.rows:
        for place, (psnr_db, ssim) in enumerate(zip(row.psnr_db, row.ssim, strict=True)):
            texts = [_text(text) for text in (results.label(place), row.name, row.title)]
            writer.writerow([place + 1, *texts, f"{psnr_db:.4f}", f"{ssim:.4f}", *told])
    return buffer.getvalue()


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
