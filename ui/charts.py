"""The axes of a map."""

import json
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

from ui import theme

MARGIN = {"l": 44, "r": 14, "t": 12, "b": 40}


def axes_figure(limit: float, axis_names: Sequence[str], height: int) -> dict[str, Any]:
    """The axes of a map as Plotly's JSON, for `axes.js`: a square, without points.

    Args:
        limit: the map spans -limit to limit on both axes.
        axis_names: of the two axes, as a projection labels them: z3 is shown as the third
            number; an empty name hides the axis.
        height: in CSS pixels, at most.
    """
    text = _axes(limit, *axis_names, height, theme.surface("muted"), theme.surface("line"))
    return json.loads(text)


@lru_cache(maxsize=256)
def _axes(limit: float, across: str, up: str, height: int, muted: str, line: str) -> str:
    """As text: Plotly takes 12 ms to check what it is given, at each run of each page."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        margin=MARGIN,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": theme.FONT, "size": 14, "color": muted},
        xaxis=_axis(across, limit, line),
        yaxis=_axis(up, limit, line) | {"scaleanchor": "x", "constraintoward": "top"},
    )
    return str(figure.to_json())


def _axis(label: str, limit: float, line: str) -> dict[str, object]:
    name = f"number {label[1:]} ({label})" if label.startswith("z") else label
    return {
        "title": {"text": name, "standoff": 4, "font": {"size": 14}},
        "range": [-limit, limit],
        "constrain": "domain",
        "fixedrange": True,
        "showgrid": False,
        "zeroline": bool(name),
        "zerolinecolor": line,
        "showline": True,
        "mirror": True,
        "linecolor": line,
        "tickvals": _ticks(limit) if name else [],
        "ticklabeloverflow": "allow",  # Plotly would drop the topmost label: its box is large
        "ticktext": [_tick_text(tick) for tick in _ticks(limit)] if name else [],
    }


def _ticks(limit: float) -> list[float]:
    """Round numbers, three or four on either side of 0, however far the map reaches."""
    power = 10.0 ** math.floor(math.log10(limit / 4))
    step = next(factor * power for factor in (1, 2, 5, 10, 20) if limit < 4 * factor * power)
    num = int(limit / step)
    return [step * i for i in range(-num, num + 1)]


def _tick_text(tick: float) -> str:
    return f"{tick:g}".replace("-", "\N{MINUS SIGN}")
