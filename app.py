"""The web server: `streamlit run app.py`.

The router lies beside no `pages/` folder, so that the first request to a fresh server may be a
deep link such as /train.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from ui.api import ROUTES
from ui.guard import Guard
from ui.workers import lifespan

app = st.App(
    Path(__file__).parent / "ui" / "router.py",
    lifespan=lifespan,
    routes=ROUTES,
    middleware=[Middleware(Guard)],
)
