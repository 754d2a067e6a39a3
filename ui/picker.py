"""The strip above every page: which model, one sentence, and Explore's one button."""

import streamlit as st

from ui import cache, state

SENTENCES = {
    "Explore": "Every dot is a {item}. Neighbours look alike.",
    "Train": "Watch a model learn its map.",
    "Sliders": "Move a slider and watch the {item} bend.",
    "Denoise": "Add noise to a {item}, and see who restores it best.",
}


def noun(choice: cache.Choice) -> str:
    """What one picture is called on buttons: "digit"."""
    return choice.record.spec.item.removeprefix("handwritten ")


def show(offered: dict[str, cache.Choice], page: str) -> None:
    """Draw the strip; afterwards `state.chosen()` knows the model."""
    _notice_unknown(offered)
    if st.session_state.get("next_model") in offered:
        st.session_state["model"] = st.session_state.pop("next_model")
    with st.container(key="strip", horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox(
            "Model",
            list(offered),
            key="model",
            bind="query-params",
            format_func=lambda key: offered[key].title,
            label_visibility="collapsed",
            on_change=lambda: st.session_state.pop("unknown_model", None),
            width=220,
        )
        choice = offered[model_id]
        st.markdown(SENTENCES[page].format(item=choice.record.spec.item), width="stretch")
        if page == "Explore":
            st.button(
                f"Pick a {noun(choice)}",
                key="pick_another",
                type="primary",
                on_click=state.pick_another,
                args=(choice,),
                help="Picks any dot. Or click a dot on the map.",
            )
    unknown = st.session_state.get("unknown_model")
    if unknown is not None:
        st.warning(
            f"The model {unknown!r} is not here: it may have been deleted, or trained on another "
            f"computer. This is {choice.title!r} instead; the menu above lists every model."
        )


def _notice_unknown(offered: dict[str, cache.Choice]) -> None:
    # Read before the picker, which drops an unknown value from the address without a word.
    asked = st.query_params.get("model")
    if asked is not None and asked not in {choice.title for choice in offered.values()}:
        st.session_state["unknown_model"] = asked[:60]
