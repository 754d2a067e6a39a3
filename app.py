"""The web server: `streamlit run app.py`.

The router lies beside no `pages/` folder, so that the first request to a fresh server may be a
deep link such as /train.
"""

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.api import ROUTES
from ui.guard import Guard
from ui.server_settings import server_settings
from ui.workers import lifespan
from vae_core.errors import VAELabError

try:
    server_settings()
except VAELabError as error:
    sys.exit(f"VAE Lab cannot start. {error}")

app = st.App(
    Path(__file__).parent / "ui" / "router.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[Middleware(Guard)],
)
