"""Recipes: named configurations that are known to work, and the defaults of each data set."""

from vae_core.config import CorruptionConfig, RunConfig, TrainConfig
from vae_core.data import dataset_entry
from vae_core.errors import UnknownNameError
from vae_core.models import ConditionConfig, ConvConfig, MLPConfig, model_entry

_DIGITS_2D = RunConfig(
    dataset="digits",
    model=MLPConfig(latent_dim=2, hidden=(256, 128, 64)),
    train=TrainConfig(epochs=200, batch_size=64),
)
_MNIST_2D = RunConfig(
    dataset="mnist",
    model=MLPConfig(latent_dim=2, hidden=(512, 256, 128)),
    train=TrainConfig(epochs=10, batch_size=256, learning_rate=4e-3),
    num_threads=2,
    matmul_precision="medium",
)
_MNIST_16D = _MNIST_2D.evolve(
    model=MLPConfig(latent_dim=16, hidden=(512, 256)),
    train=TrainConfig(epochs=20, batch_size=128),
)


def _told_the_class(config: RunConfig) -> RunConfig:
    return config.evolve(model=config.model.evolve(conditions=(ConditionConfig(name="class"),)))


def _as_autoencoder(config: RunConfig) -> RunConfig:
    return config.evolve(model=config.model.evolve(posterior="point"))


def _with_beta(config: RunConfig, beta: float) -> RunConfig:
    return config.evolve(train=config.train.evolve(beta=beta))


RECIPES: dict[str, RunConfig] = {
    "digits-2d": _DIGITS_2D,
    "digits-ae-2d": _as_autoencoder(_DIGITS_2D),
    "digits-cvae-2d": _told_the_class(_DIGITS_2D),
    "digits-denoise-16d": _DIGITS_2D.evolve(
        model=MLPConfig(latent_dim=16, hidden=(256, 128)),
        train=_DIGITS_2D.train.evolve(corruption=CorruptionConfig(kind="gaussian", level=0.3)),
    ),
    "mnist-2d": _MNIST_2D,
    # The same but for beta, so that what differs is what beta does.
    "mnist-beta01-2d": _with_beta(_MNIST_2D, 0.1),
    "mnist-beta4-2d": _with_beta(_MNIST_2D, 4.0),
    "mnist-beta16-2d": _with_beta(_MNIST_2D, 16.0),
    "mnist-ae-2d": _as_autoencoder(_MNIST_2D),
    "mnist-cvae-2d": _told_the_class(_MNIST_2D),
    "mnist-16d": _MNIST_16D,
    "mnist-denoise-16d": _MNIST_16D.evolve(
        train=_MNIST_16D.train.evolve(corruption=CorruptionConfig(kind="gaussian", level=0.5)),
    ),
}

_SMALL = {"digits"}


def recipe(name: str) -> RunConfig:
    """Look a recipe up.

    Raises:
        UnknownNameError: for a name that is not registered.
    """
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES)
    return RECIPES[name]


def default_config(dataset: str, model: str = "mlp") -> RunConfig:
    """Return good settings for a data set and a kind of model.

    Raises:
        UnknownNameError: for a data set or model that is not registered.
    """
    dataset_entry(dataset)
    model_entry(model)
    base = _DIGITS_2D if dataset in _SMALL else _MNIST_2D.evolve(dataset=dataset)
    if model == "mlp":
        return base
    # Convolutions bear, and at equal epochs need, twice the MLP's learning rate.
    rate = 2 * base.train.learning_rate
    return base.evolve(model=ConvConfig(latent_dim=2), train=base.train.evolve(learning_rate=rate))
