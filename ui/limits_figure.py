"""Quality against level, as a chart."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from ui import theme
from ui.components.figure import Name
from vae_core.corruption import Levels
from vae_core.restoration import DAMAGED, LevelRow, Quality

HEIGHT = 380
MARGIN = {"l": 56, "r": 14, "t": 14, "b": 48}
ROOM = 0.015  # levels, for the last marker
MARKS = {
    "circle": "\N{BLACK CIRCLE}",
    "square": "\N{BLACK SQUARE}",
    "diamond": "\N{BLACK DIAMOND}",
    "triangle-up": "\N{BLACK UP-POINTING TRIANGLE}",
    "triangle-down": "\N{BLACK DOWN-POINTING TRIANGLE}",
    "star": "\N{BLACK STAR}",
}
AXES: Mapping[Quality, str] = {"psnr_db": "PSNR, dB", "ssim": "SSIM", "read": "read rightly"}
FORMATS: Mapping[Quality, str] = {"psnr_db": ".2f", "ssim": ".3f", "read": ".0%"}
BAND_OPACITY = 0.12


def by_method(rows: Sequence[LevelRow]) -> dict[str, list[LevelRow]]:
    """Rows of each method, weak damage first."""
    found: dict[str, list[LevelRow]] = {}
    for row in sorted(rows, key=lambda row: row.level):
        found.setdefault(row.method, []).append(row)
    return found


def figure(
    rows: Sequence[LevelRow],
    titles: Mapping[str, str],
    quality: Quality,
    levels: Levels,
) -> tuple[dict[str, Any], list[Name]]:
    """The chart as Plotly's JSON, and the names of its lines.

    Args:
        rows: measured so far, at least one.
        titles: of the methods, in the order of their colours; "damaged" is drawn first, in grey.
        levels: of the kind of damage.
    """
    lines, names, bands = [], [], []
    found = by_method(rows)
    for place, method in enumerate(titles):
        if method not in found:
            continue
        look = _look(method, place)
        x = [row.level for row in found[method]]
        y = [row.mean(quality) for row in found[method]]
        if quality != "read":
            bands.append(_band(x, found[method], quality, look["colour"]))
        lines.append(_line(x, y, titles[method], look, quality))
        names.append(
            Name(titles[method], look["colour"], look["dash"], MARKS[look["symbol"]], y[-1])
        )
    layout = _layout(quality, levels, _range(rows, quality))
    return {"data": [*bands, *lines], "layout": layout}, names


def _look(method: str, place: int) -> dict[str, str]:
    """Colour, dash and symbol of a method's line."""
    if method == DAMAGED:
        return {"colour": theme.surface("muted"), "dash": "dot", "symbol": "circle"}
    colours, symbols = theme.line_colours(), list(MARKS)
    place = place - 1  # the damaged pictures stand before them
    return {
        "colour": colours[place % len(colours)],
        "dash": "solid",
        "symbol": symbols[place % len(symbols)],
    }


def _line(
    x: list[float], y: list[float], title: str, look: Mapping[str, str], quality: Quality
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": escape(title),  # Plotly reads some HTML
        "mode": "lines+markers",
        "line": {"color": look["colour"], "dash": look["dash"], "width": 2},
        "marker": {"color": look["colour"], "symbol": look["symbol"], "size": 8},
        "hovertemplate": f"%{{y:{FORMATS[quality]}}}",
    }


def _band(
    x: list[float], rows: Sequence[LevelRow], quality: Quality, colour: str
) -> dict[str, Any]:
    """The middle 80 % of the pictures."""
    spreads = [row.spread(quality) for row in rows]
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return {
        "type": "scatter",
        "x": [*x, *reversed(x)],
        "y": [*(s.high for s in spreads), *(s.low for s in reversed(spreads))],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": f"rgba({red},{green},{blue},{BAND_OPACITY})",
        "hoverinfo": "skip",
    }


def _layout(quality: Quality, levels: Levels, ends: list[float]) -> dict[str, Any]:
    """Look and axes: `ends` are those of the quality's."""
    axis = {
        "fixedrange": True,
        "zeroline": False,
        "gridcolor": theme.surface("line"),
        "ticklabeloverflow": "allow",
    }
    across = {"title": _title(f"level: {levels.unit}"), "showgrid": False}
    measured = levels.choices[1:]
    if levels.is_stepped:
        across |= {"tickvals": list(measured), "range": [0.8 * measured[0], 1.05 * measured[-1]]}
    else:
        across |= {"range": [levels.choices[0], levels.choices[-1] + ROOM]}
    up = {"title": _title(AXES[quality]), "range": ends}
    if quality == "read":
        up["tickformat"] = ".0%"
    return {
        "height": HEIGHT,
        "margin": MARGIN,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified",
        "hoverlabel": {
            "bgcolor": theme.surface("soft"),
            "bordercolor": theme.surface("line"),
            "font": {"color": theme.surface("text")},
        },
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": theme.FONT, "size": 14, "color": theme.surface("muted")},
        "xaxis": axis | across,
        "yaxis": axis | up,
    }


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 8, "font": {"size": 14}}


def _range(rows: Sequence[LevelRow], quality: Quality) -> list[float]:
    """From the lowest to the highest that is drawn, with a little room."""
    if quality == "read":
        return [0.0, 1.04]
    spreads = [row.spread(quality) for row in rows]
    low = min(spread.low for spread in spreads)
    high = max(max(spread.high, spread.mean) for spread in spreads)
    if quality == "psnr_db":
        return [math.floor(low - 0.5), math.ceil(high + 0.5)]
    return [min(0.0, low - 0.02), 1.02]
