"""The Train page's one part: map, curves, pictures and numbers of a run, drawn from its stream."""

import base64
import time
from typing import Any

import streamlit as st

from ui import cache, charts, live, settings, theme, told
from ui.api.assets import PLOTLY_URL
from ui.api.following import frame_json
from ui.components import register, share
from vae_core import runs
from vae_core.config import RunConfig
from vae_core.data import dataset_entry
from vae_core.record import RunRecord

_LIVE = register("live")
MAX_SIDE = 640  # of the map, in pixels


def show(run: runs.Run | None, record: RunRecord | None, config: RunConfig, sentence: str) -> None:
    """Draw a run as it is, and go on drawing it in the page, without the server's pages.

    The page runs again once the run's status is another one than `record` says.

    Args:
        run: to watch; None before the first.
        record: of the run.
        config: of the run, or of the one that would be started.
        sentence: what the run is doing, unless it trains: the page says that by itself.
    """
    _LIVE(key="live", data=_described(run, record, config, sentence))


def _described(
    run: runs.Run | None, record: RunRecord | None, config: RunConfig, sentence: str
) -> dict[str, Any]:
    """What `live.js` is given."""
    spec = dataset_entry(config.dataset).spec
    status = record.status if record is not None else "none"
    has_frame = run is not None and run.has_frames()
    return {
        "url": f"/api/events/{run.id}" if run is not None else None,
        "framesUrl": f"/api/runs/{run.id}/frames" if run is not None else None,
        "filmUrl": f"/api/runs/{run.id}/film.gif?dark={theme.is_dark():d}" if run else None,
        "files": _files(run, record),
        "moment": _moment(),
        "status": status,
        "answeredAt": time.time(),  # so that the script hears of each answer
        "numDone": record.num_done if record is not None else 0,
        "isSlow": run is not None and run.asked() == "slow",
        "sentence": sentence,
        "settings": settings.sentence(config),
        "before": None if has_frame else frame_json(live.untrained(config)),
        "figure": charts.axes_figure(3.0, ("z1", "z2"), MAX_SIDE),
        "plotlyUrl": PLOTLY_URL,
        "font": theme.FONT,
        "classNames": list(spec.class_names),
        "palette": theme.class_colours(),
        "isMixed": told.CLASS in told.names(config.model),
        "originals": _originals(config.dataset),
        "shape": list(spec.event_shape),
        "latentDim": config.model.latent_dim,
        "hasKl": config.model.posterior == "gaussian",
        "epochs": config.train.epochs,
    }


def _files(run: runs.Run | None, record: RunRecord | None) -> dict[str, Any] | None:
    """What Share offers of the run; without a `url` before it has a model."""
    if run is None or record is None:
        return None
    if run.is_usable():
        return share.files(cache.choice_of(run.id))
    return {"title": record.title, "id": run.id, "url": None}


def _moment() -> int | None:
    """The step that a shared address names, `?moment=1516`; None for the present."""
    text = st.query_params.get("moment", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _originals(dataset: str) -> str | None:
    """The probe images, as a PNG in base64; None when the data set is not on this computer."""
    if not dataset_entry(dataset).is_present():
        return None
    return base64.b64encode(live.originals(dataset)).decode()
