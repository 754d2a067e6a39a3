"""The axes of a map, and where the names of its classes go."""

import json
import math
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
from torch import Tensor

from ui import theme

MARGIN = {"l": 44, "r": 14, "t": 12, "b": 40}
LABEL_SIZE = 0.075  # of a class's name, in limits of the map
_NUDGES = [  # where else a name may go, nearest first
    (radius * LABEL_SIZE * math.sin(turn), radius * LABEL_SIZE * math.cos(turn))
    for radius in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    for turn in (math.pi * i / 8 for i in range(16 if radius else 1))
]


def axes_figure(limit: float, axis_names: Sequence[str], height: int) -> dict[str, Any]:
    """The axes of a map as Plotly's JSON, for `axes.js`: a square, without points.

    Args:
        limit: the map spans -limit to limit on both axes.
        axis_names: of the two axes, as a projection labels them: z3 is shown as the third
            number; an empty name hides the axis.
        height: in CSS pixels, at most.
    """
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=height,
        margin=MARGIN,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": theme.FONT, "size": 14, "color": theme.surface("muted")},
        xaxis=_axis(axis_names[0], limit),
        yaxis=_axis(axis_names[1], limit) | {"scaleanchor": "x", "constraintoward": "top"},
    )
    return json.loads(figure.to_json())


def _axis(label: str, limit: float) -> dict[str, object]:
    name = f"number {label[1:]} ({label})" if label.startswith("z") else label
    return {
        "title": {"text": name, "standoff": 4, "font": {"size": 14}},
        "range": [-limit, limit],
        "constrain": "domain",
        "fixedrange": True,
        "showgrid": False,
        "zeroline": bool(name),
        "zerolinecolor": theme.surface("line"),
        "showline": True,
        "mirror": True,
        "linecolor": theme.surface("line"),
        "tickvals": _ticks(limit) if name else [],
        "ticklabeloverflow": "allow",  # Plotly would drop the topmost label: its box is large
        "ticktext": [_tick_text(tick) for tick in _ticks(limit)] if name else [],
    }


def _ticks(limit: float) -> list[float]:
    steps = (factor * 10.0**power for power in range(-3, 9) for factor in (1, 2, 5))
    step = next(step for step in steps if limit < 4 * step)
    num = int(limit / step)
    return [step * i for i in range(-num, num + 1)]


def _tick_text(tick: float) -> str:
    return f"{tick:g}".replace("-", "\N{MINUS SIGN}")


def label_places(
    centres: Tensor, class_names: Sequence[str], limit: float
) -> list[tuple[float, float]]:
    """Where the classes' names go: at their centres, or beside them where two would overlap.

    Returns:
        The middle of each name; nan for a class that is not there. Empty when all classes share
        one place: no name belongs there.
    """
    here = centres[~centres.isnan().any(1)]
    if len(here) > 1 and float((here.amax(0) - here.amin(0)).max()) < LABEL_SIZE * limit:
        return []
    places: list[tuple[float, float]] = []
    for (x, y), name in zip(centres.tolist(), class_names, strict=False):
        steps = [(0.0, 0.0)] if x != x else _NUDGES
        options = [(x + right * limit, y + up * limit) for right, up in steps]
        free = (
            place
            for place in options
            if not any(
                labels_touch(place, name, other, taken, limit)
                for other, taken in zip(places, class_names, strict=False)
            )
        )
        places.append(next(free, options[0]))
    return places


def labels_touch(
    place: tuple[float, float],
    name: str,
    other: tuple[float, float],
    other_name: str,
    limit: float,
) -> bool:
    """Whether two names, centred at these places, overlap; "" is a picked dot's ring."""
    half = [0.3 * max(len(text), 1.5) * LABEL_SIZE * limit for text in (name, other_name)]
    apart = abs(place[0] - other[0]) >= sum(half)
    return not apart and abs(place[1] - other[1]) < LABEL_SIZE * limit
