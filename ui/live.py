"""A run as people watch it: map, curves, pictures and numbers, from its folder alone."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st
import torch
from torch import Tensor

from ui import charts, pictures, theme
from vae_core.config import RunConfig
from vae_core.data import DataSpec, load_dataset
from vae_core.frames import NUM_PICTURES, Frame, make_frame, make_probe
from vae_core.images import from_png
from vae_core.models import build_model
from vae_core.projection import class_centres

MAP_HEIGHT = 470
CURVES_HEIGHT = 164
COLUMNS = 8
MAX_CURVE_POINTS = 400
TOGETHER = 0.02


@st.cache_resource(max_entries=4, show_spinner=False)
def originals(dataset: str) -> Tensor:
    """The fixed pictures whose reconstructions every frame holds, (16, C, H, W) in [0, 1]."""
    return make_probe(load_dataset(dataset)).x[:NUM_PICTURES]


@st.cache_resource(max_entries=8, show_spinner="Looking at the untrained network")
def untrained(config: RunConfig) -> Frame:
    """What the network makes of the pictures before its first step."""
    data = load_dataset(config.dataset)
    model = build_model(config.model, data.spec, config.seed).eval()
    return make_frame(model, make_probe(data), 0, {})


def show_map(frame: Frame, spec: DataSpec, *, is_mixed: bool = False) -> None:
    """Draw the frame's map: a dot for each probe image, on top of nothing else.

    Args:
        frame: of the run.
        spec: of its data.
        is_mixed: whether the model is told the class, so that the classes have no places.
    """
    points = torch.from_numpy(frame.points)
    labels = torch.from_numpy(frame.labels)
    names = spec.class_names
    height = MAP_HEIGHT - charts.KEY_HEIGHT * is_mixed
    figure = charts.map_figure(
        points, labels, torch.arange(len(points)), frame.limit, frame.axis_labels, names, height
    )
    centres = class_centres(points, labels, len(names))
    together = float(points.std(0).max()) < TOGETHER * frame.limit
    # Before the first steps all classes share one place, and no name belongs there.
    marks = "" if together or is_mixed else charts.class_labels(centres, names, frame.limit)
    with st.container(key="map", gap=None):
        st.plotly_chart(figure, key="live_map", config=charts.CONFIG, theme=None)
        with st.container(key="map_marks"):
            st.html(charts.over_map(marks, frame.limit))
    if is_mixed:
        st.html(charts.colour_key(names))


def show_probes(frame: Frame, dataset: str) -> None:
    """Draw the fixed pictures, each above its reconstruction."""
    clean = originals(dataset)
    _, channels, height, width = clean.shape
    sheet = torch.from_numpy(from_png(frame.recons)).float() / 255
    recon = sheet.reshape(height, -1, width, channels).permute(1, 3, 0, 2)
    pairs = zip(clean.split(COLUMNS), recon.split(COLUMNS), strict=True)
    rows = torch.cat([picture for pair in pairs for picture in pair])
    sheet = pictures.sprite(rows, COLUMNS, gap=max(1, width // 14))
    alt = "Two rows of originals, each above its reconstructions"
    pictures.show(
        "<p><b>Originals</b>, each row above its <b class='reconstruction'>reconstructions</b></p>"
        + pictures.img(sheet, alt, "100%", "probes")
    )


def show_loss(row: dict[str, Any] | None, config: RunConfig) -> None:
    """Write the loss as a sum that adds up as it is shown."""
    if row is None:
        kl = " + beta x <b class='kl'>KL</b>" if config.model.posterior == "gaussian" else ""
        pictures.show(
            f"<p>Loss = <b class='reconstruction'>reconstruction</b>{kl}<br>"
            "<span class='muted'>measured from the first step on</span></p>"
        )
        return
    recon = round(row["recon_nats"], 2)
    if row["kl_nats"] is None:
        pictures.show(
            f"<p>Loss = <b class='reconstruction'>reconstruction {recon:.2f}</b> nats a picture."
            "<br><span class='muted'>An autoencoder has no KL term.</span></p>"
        )
        return
    kl, beta = round(row["kl_nats"], 2), round(row["beta"], 3)
    loss, others = recon + beta * kl, ""
    for name, (value, weight) in row.get("extra", {}).items():
        value, weight = round(value, 3), round(weight, 3)
        loss += weight * value
        sign = "-" if weight < 0 else "+"
        times = "" if abs(weight) == 1 else f"{abs(weight):g} x "
        others += f" {sign} {times}{name.removesuffix('_nats').replace('_', ' ')} {value:.3f}"
    pictures.show(
        f"<p>Loss <b>{loss:.2f}</b> = "
        f"<b class='reconstruction'>reconstruction {recon:.2f}</b> + beta {beta:g} x "
        f"<b class='kl'>KL {kl:.2f}</b>{others}<br><span class='muted'>nats a picture, training "
        "images, z sampled</span></p>"
    )


def show_curves(rows: list[dict[str, Any]], config: RunConfig) -> None:
    """Draw the loss as two layers that stand on each other: their top edge is the loss."""
    steps = [row for row in rows if row["kind"] == "progress"]
    # Every so many rows, counted from the newest, so that the last one is always drawn.
    steps = steps[:: -(len(steps) // MAX_CURVE_POINTS + 1)][::-1]
    epochs = [row["epoch"] for row in steps]
    layers = [("reconstruction", [row["recon_nats"] for row in steps])]
    if config.model.posterior == "gaussian":
        layers.append(("kl", [row["beta"] * (row["kl_nats"] or 0.0) for row in steps]))
    figure = go.Figure()
    for name, values in layers:
        figure.add_scatter(
            x=epochs,
            y=values,
            name={"reconstruction": "reconstruction", "kl": "beta x KL"}[name],
            stackgroup="loss",
            mode="lines",
            line={"color": theme.concept(name), "width": 1.5},
            hovertemplate="%{y:.2f}",
        )
    if steps:
        figure.add_scatter(
            x=epochs,
            y=[row["loss_nats"] for row in steps],
            name="loss",
            mode="lines",
            line={"color": theme.surface("text"), "width": 2},
            hovertemplate="%{y:.2f}",
        )
    top = max((row["loss_nats"] for row in steps[len(steps) // 50 :]), default=1.0)
    line = theme.surface("line")
    figure.update_layout(
        height=CURVES_HEIGHT,
        margin={"l": 44, "r": 8, "t": 28, "b": 36},
        hovermode="x unified",
        dragmode=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": theme.FONT, "size": 13, "color": theme.surface("muted")},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={
            "title": {"text": "epoch", "standoff": 6, "font": {"size": 13}},
            "range": [0, config.train.epochs],
            "fixedrange": True,
            "showgrid": False,
            "linecolor": line,
            "zeroline": False,
        },
        yaxis={
            "range": [0, 1.08 * top],
            "fixedrange": True,
            "gridcolor": line,
            "zeroline": False,
            "showticklabels": bool(steps),
        },
    )
    st.plotly_chart(figure, key="curves", config=charts.CONFIG, theme=None)
