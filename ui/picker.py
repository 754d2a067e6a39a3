"""The strip above every page: which model, one sentence, and Explore's one button."""

import streamlit as st

from ui import cache, state, told
from ui.components import share
from ui.latent_sliders import COLLAPSED_NATS
from ui.texts import plain
from vae_core import catalogue
from vae_core.errors import VAELabError

SENTENCES = {
    "Explore": "Every dot is a {item}. Neighbours look alike.",
    "Train": "Train a new model, or choose one at the left and see how it learned.",
    "Sliders": "Move a slider and watch the {item} bend.",
    "Denoise": "Damage a {item}, and see who restores it best.",
    "Compare": "Two models of one kind of picture, one cursor in both.",
}

PCA_HELP = (
    "PCA (principal component analysis) looks at the cloud of dots from the direction in which "
    "it is widest. Like a shadow, the map keeps only a part: the per cent on each axis say how "
    "much of all differences it shows. Dots that are close here can be far apart in the other "
    "directions."
)


TOLD_HELP = (
    "A conditional model is told the class of each picture. What it is told need not be in its "
    "numbers: pictures of all classes lie mixed, and a place means a way of drawing, the same for "
    "every one."
)


def noun(choice: cache.Choice) -> str:
    """What one picture is called on buttons: "digit"."""
    return choice.record.spec.item.removeprefix("handwritten ")


def has_collapsed(choice: cache.Choice) -> bool:
    """Say whether no number of a VAE carries anything: its decoder ignores them all."""
    kl = choice.record.kl_per_dim
    return bool(kl) and max(kl) < COLLAPSED_NATS


def _sentence(choice: cache.Choice, page: str) -> tuple[str, str | None]:
    """What the strip says about this model on this page, and what its tooltip explains."""
    dim, item = choice.record.config.model.latent_dim, choice.record.spec.item
    knows_class = told.CLASS in told.names(choice.record.config.model)
    if page in ("Explore", "Sliders") and has_collapsed(choice):
        said = "This model puts every picture in one place: its numbers carry nothing."
        if knows_class and page == "Sliders":
            said = "Only the class changes the picture: this model's numbers carry nothing."
        return said, None
    if knows_class and page == "Sliders":
        return f"Choose a class, move a slider, and watch the {item} bend.", None
    if knows_class and page == "Explore" and dim <= 2:
        said = f"Every dot is a {item}. Its class is told, so the map holds only how it is drawn."
        return said, TOLD_HELP
    if page != "Explore" or dim <= 2:
        return SENTENCES[page].format(item=item), None
    many = f"{dim} numbers describe each {item}."
    # Of a shared address the page below has not read this yet.
    view = st.session_state.get("view") or st.query_params.get("view")
    if view == "Two numbers":
        return f"{many} The map shows two of them.", None
    return f"{many} The map shows them from the side where they differ most.", PCA_HELP


def show(offered: dict[str, cache.Choice], page: str) -> None:
    """Draw the strip; afterwards `state.chosen()` knows the model."""
    _notice_unknown(offered)
    wanted = st.session_state.pop("next_model", state.watched() if page == "Train" else None)
    if wanted in offered:
        st.session_state["model"] = wanted
    with st.container(key="strip", horizontal=True, vertical_alignment="center"):
        model_id = st.selectbox(
            "Model",
            list(offered),
            key="model",
            bind="query-params",
            format_func=lambda key: offered[key].title,
            label_visibility="collapsed",
            on_change=_hear_choice,
            args=(offered, page),
            width=220,
        )
        choice = offered[model_id]
        if st.query_params.pop("brought", None):
            st.session_state["run"] = model_id
            st.toast(f"Saved as **{plain(choice.title)}**. Every page offers it.")
        if page != "Train" and st.session_state.get("run") in offered:
            st.session_state["run"] = model_id  # back on Train, the choice made elsewhere counts
        sentence, explained = _sentence(choice, page)
        st.markdown(sentence, width="stretch", help=explained)
        share.show(choice)
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
            plain(
                f"The model {unknown!r} is not here: it may have been deleted, or trained on "
                f"another computer. This is {choice.title!r} instead; the menu above lists every "
                "model."
            )
        )


def _hear_choice(offered: dict[str, cache.Choice], page: str) -> None:
    """Turn Train to what is chosen, as the picker turns to the run that Train shows."""
    st.session_state.pop("unknown_model", None)
    run_id = state.watched()
    if page == "Train" and (run_id in offered or not _is_at_work(run_id)):
        state.watch(st.session_state["model"])


def _is_at_work(run_id: str | None) -> bool:
    """Say whether a run is not to be taken from the page: somebody waits for it."""
    try:
        return run_id is not None and catalogue.open_run(run_id).record().is_under_way
    except VAELabError:
        return False


def _notice_unknown(offered: dict[str, cache.Choice]) -> None:
    # Read before the picker, which drops an unknown value from the address without a word.
    asked = st.query_params.get("model")
    if asked is not None and asked not in {choice.title for choice in offered.values()}:
        st.session_state["unknown_model"] = asked[:60]
