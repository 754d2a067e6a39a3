"""A chart with lines, drawn by Plotly: names beside the lines, or under them on a narrow page."""

from dataclasses import dataclass
from typing import Any

from ui.api.assets import PLOTLY_URL
from ui.components import register

_FIGURE = register("figure")


@dataclass(frozen=True)
class Name:
    """What a line is called.

    Attributes:
        text: its name.
        colour: of the line.
        dash: of the line, as Plotly calls it: "solid", "dot".
        mark: a letter drawn like the line's marker.
        y: where it ends; the name is written there.
    """

    text: str
    colour: str
    dash: str
    mark: str
    y: float


def show(
    key: str,
    figure: dict[str, Any],
    names: list[Name],
    marks: list[tuple[float, float]],
    spoken: str,
) -> None:
    """Draw a chart.

    Args:
        figure: Plotly's JSON, with margins for a narrow page, y axis with a range.
        names: of the lines.
        marks: places (x, y) that get a number, from 1.
        spoken: what it shows, for people who do not see it.
    """
    data = {
        "plotlyUrl": PLOTLY_URL,
        "figure": figure,
        "names": [vars(name) for name in names],
        "marks": marks,
        "spoken": spoken,
    }
    _FIGURE(key=key, data=data)
