"""The drawer in which a run is set up."""

import random

import streamlit as st

from ui.told import CLASS
from vae_core.config import MAX_BETA, MAX_EPOCHS, CorruptionConfig, RunConfig
from vae_core.corruption import CORRUPTIONS, Levels
from vae_core.data import DATASETS
from vae_core.models import MODELS, ConditionConfig
from vae_core.recipes import default_config

KINDS = {"gaussian": "VAE", "point": "Autoencoder"}
NO_NOISE = "none"
_PREFIX = "set_"


def start_from(config: RunConfig) -> None:
    """Put a configuration's values into the drawer."""
    damage = config.train.corruption
    values = {
        "dataset": config.dataset,
        "model": config.model.name,
        "posterior": config.model.posterior,
        "latent_dim": config.model.latent_dim,
        "beta": config.train.beta,
        "noise": damage.kind if damage else NO_NOISE,
        "seed": config.seed,
        "tell_class": any(condition.name == CLASS for condition in config.model.conditions),
    }
    for name, value in values.items():
        st.session_state[_PREFIX + name] = value
    st.session_state[_epochs_key()] = config.train.epochs
    if damage is not None:
        st.session_state[_level_key()] = damage.level


def show_next_time(config: RunConfig) -> None:
    """Have `prepare` put a configuration's values into the drawer.

    Streamlit lets nobody change a widget that is already on the page.
    """
    st.session_state["next_settings"] = config


def prepare(watched: RunConfig | None) -> None:
    """Fill the drawer before it is drawn, and before `chosen` is asked.

    Args:
        watched: of the run on the page: what a visitor starts from who comes by its address.
    """
    if "next_settings" in st.session_state:
        start_from(st.session_state.pop("next_settings"))
    elif _PREFIX + "dataset" not in st.session_state:
        start_from(watched or default_config("digits"))
    # Written back at each run of the page, so that they outlive a visit to another page.
    for key in [key for key in st.session_state if str(key).startswith(_PREFIX)]:
        st.session_state[key] = st.session_state[key]
    if _epochs_key() not in st.session_state:
        st.session_state[_epochs_key()] = default_config(*_pair()).train.epochs
    noise = st.session_state[_PREFIX + "noise"]
    if noise != NO_NOISE and _level_key() not in st.session_state:
        st.session_state[_level_key()] = CORRUPTIONS[noise].levels.default


def drawer(label: str) -> None:
    """Draw the settings; `chosen` reads them."""
    with st.popover(label, width="stretch"), st.container(key="settings"):
        left, right = st.columns(2)
        with left:
            st.selectbox(
                "Data set",
                list(DATASETS),
                format_func=lambda name: DATASETS[name].spec.title,
                key=_PREFIX + "dataset",
            )
            st.selectbox(
                "Network",
                list(MODELS),
                format_func=lambda name: MODELS[name].title,
                key=_PREFIX + "model",
            )
            st.selectbox(
                "Kind",
                list(KINDS),
                format_func=KINDS.__getitem__,
                key=_PREFIX + "posterior",
                help="A VAE learns a place and a spread for each picture, an autoencoder only a "
                "place.",
            )
            st.number_input(
                "Latent numbers",
                1,
                64,
                key=_PREFIX + "latent_dim",
                help="How many numbers describe a picture. Two of them make a map.",
            )
            st.toggle(
                "Tell the class",
                key=_PREFIX + "tell_class",
                help="Encoder and decoder are told what the picture shows (a conditional model). "
                "Its numbers then hold only how it is drawn, and you can ask for any class.",
            )
        with right:
            st.number_input(
                "Beta",
                0.0,
                MAX_BETA,
                step=0.1,
                format="%g",
                key=_PREFIX + "beta",
                disabled=st.session_state[_PREFIX + "posterior"] == "point",
                help="Weight of the KL term: how strongly the map is kept in one place.",
            )
            st.number_input(
                "Epochs",
                1,
                MAX_EPOCHS,
                key=_epochs_key(),
                help="How often the model sees every training picture.",
            )
            st.number_input(
                "Seed",
                0,
                2**31 - 1,
                key=_PREFIX + "seed",
                help="Where all chance starts from: the same seed gives the same result.",
            )
            st.selectbox(
                "Learn to remove noise",
                [NO_NOISE, *CORRUPTIONS],
                format_func=lambda name: (
                    "no, train on clean images" if name == NO_NOISE else CORRUPTIONS[name].title
                ),
                key=_PREFIX + "noise",
                help="The model sees damaged pictures and has to draw the clean ones.",
            )
        noise = st.session_state[_PREFIX + "noise"]
        if noise != NO_NOISE:
            _ask_level(CORRUPTIONS[noise].levels)


def _ask_level(levels: Levels) -> None:
    title = f"Level ({levels.unit})"
    if levels.is_stepped:
        st.select_slider(title, levels.choices, key=_level_key(), format_func="{:g}".format)
    else:
        step = levels.choices[1] - levels.choices[0]
        st.slider(title, levels.choices[0], levels.choices[-1], step=step, key=_level_key())


def chosen(watched: RunConfig | None = None) -> RunConfig:
    """Return what the drawer says, checked again.

    Args:
        watched: of the run on the page: what the drawer does not show, such as the batch size,
            stays as it was there.

    Raises:
        InvalidConfigError: when a value is out of range.
    """
    value = {name: st.session_state[_PREFIX + name] for name in _NAMES}
    base = default_config(*_pair())
    if watched is not None and (watched.dataset, watched.model.name) == (
        base.dataset,
        base.model.name,
    ):
        base = watched
    noise = value["noise"]
    level = None if noise == NO_NOISE else st.session_state[_level_key()]
    damage = None if level is None else CorruptionConfig.parse({"kind": noise, "level": level})
    return base.evolve(
        model=base.model.evolve(
            latent_dim=value["latent_dim"],
            posterior=value["posterior"],
            conditions=_conditions(base, tell_class=value["tell_class"]),
        ),
        train=base.train.evolve(
            beta=value["beta"],
            epochs=st.session_state[_epochs_key()],
            corruption=damage,
        ),
        seed=value["seed"],
    )


def _conditions(base: RunConfig, *, tell_class: bool) -> tuple[ConditionConfig, ...]:
    """The base's conditions with or without the class; the drawer shows no other."""
    present = base.model.conditions
    if tell_class and not any(condition.name == CLASS for condition in present):
        return (ConditionConfig(name=CLASS), *present)
    return tuple(c for c in present if tell_class or c.name != CLASS)


def sentence(config: RunConfig) -> str:
    """Say in one line what will be, or was, trained."""
    damage = config.train.corruption
    kind = KINDS[config.model.posterior]
    parts = [
        DATASETS[config.dataset].spec.title,
        f"{MODELS[config.model.name].title.split(' (')[0].lower()} {kind}",
        f"{config.model.latent_dim} latent number{'s' if config.model.latent_dim > 1 else ''}",
        " and ".join(f"told the {c.name}" for c in config.model.conditions),
        f"beta {config.train.beta:g}" if config.model.posterior == "gaussian" else "",
        f"{config.train.epochs} epochs",
        f"{CORRUPTIONS[damage.kind].title} {damage.level:g}" if damage else "",
        f"seed {config.seed}",
    ]
    return ", ".join(part for part in parts if part)


def new_seed() -> int:
    """Draw a seed that people can read out."""
    return random.randrange(1, 10_000)  # noqa: S311


_NAMES = (
    "dataset", "model", "posterior", "latent_dim", "beta", "noise", "seed", "tell_class",
)  # fmt: skip


def _epochs_key() -> str:
    """Where the number of epochs is kept: each data set and network has its own good one."""
    return _PREFIX + "_".join(("epochs", *_pair()))


def _level_key() -> str:
    """Where the level of the damage is kept: each kind has its own unit."""
    return f"{_PREFIX}level_{st.session_state[_PREFIX + 'noise']}"


def _pair() -> tuple[str, str]:
    """Data set and network."""
    return st.session_state[_PREFIX + "dataset"], st.session_state[_PREFIX + "model"]
