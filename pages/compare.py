"""Compare: which model is better?"""

import streamlit as st

from ui import cache, comparing, errors, latent_map, pictures, state
from ui.components import compare
from vae_core.comparison import compare as compare_records

MAX_SEED = 1_000_000


def ask_other(choice: cache.Choice) -> cache.Choice | None:
    """Which model of the same data stands beside the picker's."""
    others = {other.title: other for other in comparing.candidates(choice, state.offered())}
    if not others:
        return None
    st.markdown("against", width="content")
    title = st.selectbox(
        "Against",
        list(others),
        key=f"other_{choice.record.config.dataset}",
        bind="query-params",
        label_visibility="collapsed",
        width=220,
    )
    return others[title]


def ask_beta(choice: cache.Choice) -> None:
    """Switch among models that differ in beta alone."""
    family = comparing.betas(choice, state.offered())
    if len(family) < 2:
        if comparing.FAMILY in state.offered():
            st.button(
                "See what beta does",
                help="Turns to MNIST, of which there are models that differ in beta alone.",
                on_click=state.choose_next_time,
                args=(comparing.FAMILY,),
            )
        return
    st.session_state["beta"] = choice.record.config.train.beta
    st.markdown("beta", width="content", help="The weight of the KL in the loss.")
    st.segmented_control(
        "beta, the weight of the KL",
        list(family),
        key="beta",
        format_func=lambda beta: f"{beta:g}",
        on_change=lambda: state.choose_next_time(family[st.session_state["beta"]].id),
        required=True,
        label_visibility="collapsed",
    )


with errors.shown():
    choice = state.chosen()
    with st.container(key="against", horizontal=True, vertical_alignment="center"):
        other = ask_other(choice)
        if other is None:
            st.info("There is no other model of these pictures. Train one, and save it.")
            st.stop()
        ask_beta(choice)
        label = comparing.known_class([choice, other])
        seed = state.number("samples", 0, MAX_SEED)
        st.button(
            "New samples",
            on_click=state.set_number,
            args=("samples", (seed + 1) % MAX_SEED),
        )
    both = (choice, other)
    shares = [comparing.readable(one.key) for one in both]
    told = [comparing.told_everywhere(one, label) for one in both]
    compare.show(
        [(one, latent_map.whole_view(one), known) for one, known in zip(both, told, strict=True)],
        [comparing.draw_samples(one, seed, known) for one, known in zip(both, told, strict=True)],
        [comparing.caption(one, found) for one, found in zip(both, shares, strict=True)],
        is_readable=None not in shares,
    )
    rows = compare_records((choice.record, other.record), shares)
    pictures.show(comparing.table(rows, (choice.title, other.title)))
