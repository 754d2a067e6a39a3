"""The map and the pictures that share its axes."""

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
import plotly.graph_objects as go
import torch
from torch import Tensor

from ui import pictures, theme

MARGIN = {"l": 44, "r": 8, "t": 8, "b": 40}
_SVG_FONT = "'Source Sans 3', 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
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
    """A square map with one trace for each class. SVG, never WebGL.

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
    figure = go.Figure()
    for label, name in enumerate(class_names):
        rows = labels == label
        figure.add_scatter(
            x=points[rows, 0].numpy().astype(np.float32),
            y=points[rows, 1].numpy().astype(np.float32),
            customdata=positions[rows].numpy().astype(np.int32),
            mode="markers",
            name=name,
            marker={"size": 6, "color": colours[label % len(colours)], "opacity": 0.8},
            selected={"marker": {"opacity": 0.8}},
            unselected={"marker": {"opacity": 0.8}},
            hovertemplate=f"{name}<extra></extra>",
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
    }


def _ticks(limit: float) -> list[float]:
    steps = (factor * 10.0**power for power in range(-3, 9) for factor in (1, 2, 5))
    step = next(step for step in steps if limit < 4 * step)
    num = int(limit / step)
    return [step * i for i in range(-num, num + 1)]


def class_labels(centres: Tensor, class_names: Sequence[str], limit: float) -> str:
    """SVG: each class's name at its centre, legible over the dots."""
    size = 0.075 * limit
    texts = [
        f'<text x="{x:.3f}" y="{-y:.3f}" font-size="{size:.3f}" font-weight="700" '
        f'text-anchor="middle" dominant-baseline="central" fill="{theme.surface("text")}" '
        f'stroke="{theme.surface("background")}" stroke-width="{size / 3.5:.3f}" '
        f'stroke-linejoin="round" paint-order="stroke">{escape(name)}</text>'
        for (x, y), name in zip(centres.tolist(), class_names, strict=False)
        if x == x  # nan: no such class here
    ]
    return "".join(texts)


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


def manifold_img(content: bytes, marks: str, limit: float, alt: str) -> str:
    """HTML of the decoder's pictures over the map's own axes, with ticks and marks."""
    style = f'font-size="{0.085 * limit:.3f}" fill="{theme.surface("muted")}"'
    ticks = []
    for tick in _ticks(limit):
        text = f"{tick:g}".replace("-", "\N{MINUS SIGN}")
        ticks.append(
            f'<text x="{tick:g}" y="{1.11 * limit:.3f}" text-anchor="middle" {style}>{text}</text>'
            f'<text x="{-1.03 * limit:.3f}" y="{-tick:g}" text-anchor="end" '
            f'dominant-baseline="central" {style}>{text}</text>'
        )
    picture = (
        f'<image href="{pictures.data_uri(content)}" x="{-limit}" y="{-limit}" '
        f'width="{2 * limit}" height="{2 * limit}" style="image-rendering:pixelated"/>'
    )
    box = f"{-1.15 * limit:.3f} {-1.04 * limit:.3f} {2.2 * limit:.3f} {2.2 * limit:.3f}"
    source = _svg(box, picture + marks + "".join(ticks), 600)
    return f'<img class="vl-svg" src="{source}" alt="{escape(alt)}">'


def _svg(box: str, content: str, side: int) -> str:
    """A square SVG as an address. As a picture, since Streamlit strips SVG from HTML."""
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" '
        f'viewBox="{box}" font-family="{_SVG_FONT}">{content}</svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}"
