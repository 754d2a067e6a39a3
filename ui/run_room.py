"""A way out for whoever's runs fill what one person may have."""

import streamlit as st

from ui import errors, ownership, quotas, state
from vae_core import runs
from vae_core.errors import CheckpointError


def show() -> None:
    """Offer to delete the runs that this person has not saved, once there is no room for another.

    Nobody finds these again but by their address.
    """
    if "no_room" not in st.session_state:
        return
    unsaved = _unsaved()
    size = sum(quotas.folder_bytes(run.folder) for run in unsaved) // quotas.MIB
    if not unsaved:
        st.markdown("Turn to a saved run of yours with the menu above and press Delete.")
        return
    what = "run that you have" if len(unsaved) == 1 else f"{len(unsaved)} runs that you have"
    st.button(
        f"Delete the {what} not saved, for good ({size:,} MiB)",
        key="make_room",
        on_click=_make_room,
    )


def _unsaved() -> list[runs.Run]:
    """This person's runs that have ended without a name."""
    found = []
    for run in quotas.owned_by(state.owner()):
        try:
            record = run.record()
        except CheckpointError:
            continue
        if record.name is None and not record.is_under_way:
            found.append(run)
    return found


def _make_room() -> None:
    with errors.kept():
        for run in _unsaved():
            ownership.check(run)
            runs.discard(run)
        st.session_state.pop("no_room", None)
