"""What came of restoring pictures, to be taken away: a picture, a table, a page.

Pure: results in, bytes out. Nothing here restores anything.
"""

from vae_core.export.restoring.page import SPREAD_GAIN, as_html
from vae_core.export.restoring.results import TINT, TINTED, Results, Row
from vae_core.export.restoring.sheet import as_png
from vae_core.export.restoring.table import as_csv

__all__ = ["SPREAD_GAIN", "TINT", "TINTED", "Results", "Row", "as_csv", "as_html", "as_png"]
