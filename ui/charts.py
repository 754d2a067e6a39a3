"""The map and the pictures that share its axes."""

import base64
import math
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from ui import pictures, theme

MARGIN = {"l": 44, "r": 14, "t": 12, "b": 40}
_SVG_FONT = "'Source Sans 3', 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
TICK_PX = 12
LABEL_SIZE = 0.075  # of a class's name, in limits of the map
_NUDGES = [  # where else a name may go, nearest first
    (radius * LABEL_SIZE * math.sin(turn), radius * LABEL_SIZE * math.cos(turn))
    for radius in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
    for turn in (math.pi * i / 8 for i in range(16 if radius else 1))
]
KEY_HEIGHT = 28  # of `colour_key`, in CSS pixels
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def map_figure(
    points: Tensor,
    labels: Tensor,
    positions: Tensor,
    limit: float,
    axis_names: Sequence[str],
    class_names: Sequence[str],
    height: int,
) -> go.Figure:
    """A square map of dots in their classes' colours. SVG, never WebGL.

    They are drawn in the order given, so that no class hides the others where they lie mixed.
    What changes with a click (ring, ellipse) is not part of it: a changed figure is drawn anew
    and forgets its selection. `marks` lays it over the figure.

    Args:
        points: (N, 2).
        labels: (N,) indices into class_names.
        positions: (N,) what a click reports as customdata.
        limit: the map spans -limit to limit on both axes.
        axis_names: of the two axes, as a projection labels them: z3 is shown as the third
            number; an empty name hides the axis.
        class_names: of the labels.
        height: in CSS pixels.
    """
    colours = theme.class_colours()
    marker = {"size": 6, "color": [colours[i % len(colours)] for i in labels.tolist()]}
    figure = go.Figure()
    figure.add_scatter(
        x=points[:, 0].numpy().astype(np.float32),
        y=points[:, 1].numpy().astype(np.float32),
        customdata=positions.numpy().astype(np.int32),
        text=[class_names[i] for i in labels.tolist()],
        mode="markers",
        marker=marker | {"opacity": 0.8},
        selected={"marker": {"opacity": 0.8}},
        unselected={"marker": {"opacity": 0.8}},
        hovertemplate="%{text}<extra></extra>",
    )
    figure.update_layout(
        height=height,
        margin=MARGIN,
        showlegend=False,
        dragmode=False,
        clickmode="event+select",
        hoverdistance=12,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": theme.FONT, "size": 14, "color": theme.surface("muted")},
        xaxis=_axis(axis_names[0], limit),
        yaxis=_axis(axis_names[1], limit) | {"scaleanchor": "x", "constraintoward": "top"},
    )
    return figure


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


def class_labels(centres: Tensor, class_names: Sequence[str], limit: float) -> str:
    """SVG: each class's name at its centre, legible over the dots; no two overlap."""
    size = LABEL_SIZE * limit
    places = label_places(centres, class_names, limit)
    texts = [
        f'<text x="{x:.3f}" y="{-y:.3f}" font-size="{size:.3f}" font-weight="700" '
        f'text-anchor="middle" dominant-baseline="central" fill="{theme.surface("text")}" '
        f'stroke="{theme.surface("background")}" stroke-width="{size / 3.5:.3f}" '
        f'stroke-linejoin="round" paint-order="stroke">{escape(name)}</text>'
        for (x, y), name in zip(places, class_names, strict=False)
        if x == x  # nan: no such class here
    ]
    return "".join(texts)


def colour_key(class_names: Sequence[str]) -> str:
    """HTML: which colour is which class, for a map whose classes have no places for names."""
    colours = theme.class_colours()
    keys = "".join(
        f'<span><i style="background:{colours[i % len(colours)]}"></i>{escape(name)}</span>'
        for i, name in enumerate(class_names)
    )
    return f'<div class="vl-key">{keys}</div>'


def spread_marks(mean: Tensor, axes: Tensor, logvar: Tensor | None, limit: float) -> str:
    """SVG of one picture's place: a ring at the mean, ellipses at 1 and 2 sigma.

    Args:
        mean: (2,) on the map.
        axes: (D, 2) of the projection.
        logvar: (D,); None for an autoencoder, which gets the ring only.
        limit: of the map.
    """
    x, y = mean[0].item(), -mean[1].item()
    halo = f'fill="none" stroke="{theme.surface("background")}" vector-effect="non-scaling-stroke"'
    shapes = []
    if logvar is not None:
        covariance = axes.T @ torch.diag(logvar.exp()) @ axes
        values, vectors = torch.linalg.eigh(covariance)
        major, minor = (max(v, 0.0) ** 0.5 for v in values.flip(0).tolist())
        angle = -np.degrees(np.arctan2(vectors[1, 1].item(), vectors[0, 1].item()))
        for times in (2, 1):
            place = (
                f'cx="{x:.4f}" cy="{y:.4f}" rx="{times * major:.4f}" '
                f'ry="{max(times * minor, 0.004 * limit):.4f}" '
                f'transform="rotate({angle:.2f} {x:.4f} {y:.4f})"'
            )
            shapes.append(f'<ellipse {place} {halo} stroke-width="5" opacity="0.8"/>')
            shapes.append(
                f'<ellipse {place} fill="{theme.concept("sigma")}" fill-opacity="0.14" '
                f'stroke="{theme.concept("sigma")}" stroke-width="{times % 2 + 1}" '
                'vector-effect="non-scaling-stroke"/>'
            )
    ring = f'cx="{x:.4f}" cy="{y:.4f}" r="{0.024 * limit:.4f}"'
    shapes.append(f'<circle {ring} {halo} stroke-width="7"/>')
    shapes.append(
        f'<circle {ring} fill="none" stroke="{theme.concept("mean")}" stroke-width="3" '
        'vector-effect="non-scaling-stroke"/>'
    )
    return "".join(shapes)


def z_mark(place: Tensor, limit: float) -> str:
    """SVG of a z on the map, (2,): a cross."""
    (x, y), arm = place.tolist(), 0.06 * limit
    path = f'd="M{x - arm:.4f} {-y:.4f}h{2 * arm:.4f}M{x:.4f} {-y - arm:.4f}v{2 * arm:.4f}"'
    return "".join(
        f'<path {path} fill="none" stroke="{colour}" stroke-width="{width}" '
        'stroke-linecap="round" vector-effect="non-scaling-stroke"/>'
        for colour, width in (("#FFFFFF", 7), (theme.concept("z"), 3.5))
    )


def over_map(content: str, limit: float) -> str:
    """Lay SVG in map coordinates (y downwards) over a `map_figure`, to the pixel."""
    inset = f"{MARGIN['t']}px {MARGIN['r']}px {MARGIN['b']}px {MARGIN['l']}px"
    box = f"{-limit} {-limit} {2 * limit} {2 * limit}"
    return (
        f'<div class="vl-over" style="inset:{inset}">'
        f'<img src="{_svg(box, content, 1000)}" alt=""></div>'
    )


def manifold_img(content: bytes, marks: str, limit: float, alt: str, side: int = 324) -> str:
    """HTML of the decoder's pictures over the map's own axes, with ticks and marks.

    Args:
        content: PNG of the pictures.
        marks: SVG, cut off at the picture's edges.
        limit: of the map.
        alt: for people who do not see it.
        side: in CSS pixels, ticks included.
    """
    ticks = _ticks(limit)
    # Room for the longest tick on the left, as much below, half a tick above and at the right.
    pixels = TICK_PX * max(0.6 * max(len(_tick_text(tick)) for tick in ticks) + 0.4, 1.6)
    unit = 2 * limit / (side - pixels - 0.7 * TICK_PX)
    style = f'font-size="{TICK_PX * unit:.4g}" fill="{theme.surface("muted")}"'
    texts = []
    for tick in ticks:
        text = _tick_text(tick)
        low, left = limit + 1.2 * TICK_PX * unit, -limit - 0.3 * TICK_PX * unit
        texts.append(
            f'<text x="{tick:g}" y="{low:.4g}" text-anchor="middle" {style}>{text}</text>'
            f'<text x="{left:.4g}" y="{-tick:g}" text-anchor="end" '
            f'dominant-baseline="central" {style}>{text}</text>'
        )
    square = f'x="{-limit}" y="{-limit}" width="{2 * limit}" height="{2 * limit}"'
    picture = (
        f'<clipPath id="map"><rect {square}/></clipPath><g clip-path="url(#map)">'
        f'<image href="{pictures.data_uri(content)}" {square} style="image-rendering:pixelated"/>'
        f"{marks}</g>"
    )
    corner = f"{-limit - pixels * unit:.6g} {-limit - 0.7 * TICK_PX * unit:.6g}"
    source = _svg(f"{corner} {side * unit:.6g} {side * unit:.6g}", picture + "".join(texts), 600)
    style = f"width:min(100%,{side}px)"
    return f'<img class="vl-svg" src="{source}" alt="{escape(alt)}" style="{style}">'


def _svg(box: str, content: str, side: int) -> str:
    """A square SVG as an address. As a picture, since Streamlit strips SVG from HTML."""
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" '
        f'viewBox="{box}" font-family="{_SVG_FONT}">{content}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}"
