"""JAX: an epoch is one jitted `lax.scan`, the data on the device; run by its own Python.

Written as someone at home in JAX would: the state is donated, the order is drawn inside the
program, images stay uint8 and become float32 per batch, matmuls are float32. Compilation happens
in `prepare` and is reported there, never inside a measurement.
"""

from benchmarks.contestants import serving

serving.confine()  # before XLA counts the cores

import platform  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from functools import cache  # noqa: E402
from typing import Any  # noqa: E402

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import jaxlib  # noqa: E402
import numpy as np  # noqa: E402
import optax  # noqa: E402

LAYERS = {"encoder": (784, 400), "mean": (400, 20), "logvar": (400, 20)} | {
    "decoder": (20, 400),
    "pixels": (400, 784),
}
ACTIVATIONS = {"relu": jax.nn.relu, "silu": jax.nn.silu}
Params = dict[str, dict[str, jax.Array]]


def init(seed: int) -> Params:
    """Weights (in, out) and biases, uniform as torch's Linear draws them."""
    params = {}
    for name, key in zip(LAYERS, jax.random.split(jax.random.key(seed), len(LAYERS)), strict=True):
        num_in, num_out = LAYERS[name]
        bound = num_in**-0.5
        ends = {"minval": -bound, "maxval": bound}
        for_w, for_b = jax.random.split(key)
        params[name] = {
            "weight": jax.random.uniform(for_w, (num_in, num_out), **ends),
            "bias": jax.random.uniform(for_b, (num_out,), **ends),
        }
    return params


def loss_fn(params: Params, x: jax.Array, key: jax.Array, activation: str) -> jax.Array:
    """Mean over the batch of reconstruction + KL, in nats."""

    def layer(name: str, inputs: jax.Array) -> jax.Array:
        return inputs @ params[name]["weight"] + params[name]["bias"]

    act = ACTIVATIONS[activation]
    hidden = act(layer("encoder", x))
    mean, logvar = layer("mean", hidden), layer("logvar", hidden)
    z = mean + jnp.exp(0.5 * logvar) * jax.random.normal(key, mean.shape)
    logits = layer("pixels", act(layer("decoder", z)))
    recon = optax.sigmoid_binary_cross_entropy(logits, x).sum(1)
    kl = 0.5 * (mean**2 + jnp.exp(logvar) - 1.0 - logvar).sum(1)
    return (recon + kl).mean()


def make_epoch(
    batch_size: int, num_images: int, activation: str, rate: float
) -> Callable[..., Any]:
    """Return a jitted epoch: (params, optimiser's state, key, images) -> the same and its loss."""
    optimiser = optax.adam(rate)
    num_full = num_images // batch_size * batch_size

    def epoch(params: Params, state: Any, key: jax.Array, images: jax.Array) -> tuple[Any, ...]:
        def step(carry: tuple[Any, ...], indices: jax.Array) -> tuple[Any, jax.Array]:
            params, state, key = carry
            key, for_z = jax.random.split(key)
            x = images[indices].astype(jnp.float32) / 255
            loss, grads = jax.value_and_grad(loss_fn)(params, x, for_z, activation)
            updates, state = optimiser.update(grads, state)
            return (optax.apply_updates(params, updates), state, key), loss * len(indices)

        for_order, key = jax.random.split(key)
        order = jax.random.permutation(for_order, num_images)
        carry, losses = jax.lax.scan(
            step, (params, state, key), order[:num_full].reshape(-1, batch_size)
        )
        total = losses.sum()
        if num_full < num_images:
            carry, last = step(carry, order[num_full:])
            total += last
        return *carry, total / num_images

    return jax.jit(epoch, donate_argnums=(0, 1))


@cache
def images_of(path: str, num_images: int | None) -> jax.Array:
    """The images on the device, (N, 784) uint8."""
    return jnp.asarray(np.load(path)[:num_images].reshape(-1, 784))


@cache
def compiled(
    images: str, num_images: int | None, batch_size: int, activation: str, rate: float
) -> tuple[Callable[..., Any], float]:
    """An epoch compiled ahead of time, and the seconds that it took."""
    data = images_of(images, num_images)
    params, key = init(0), jax.random.key(0)
    epoch = make_epoch(batch_size, len(data), activation, rate)
    began = time.perf_counter()
    program = epoch.lower(params, optax.adam(rate).init(params), key, data).compile()
    return program, time.perf_counter() - began


def measure(
    *,
    images: str,
    activation: str,
    batch_size: int,
    epochs: int,
    learning_rate: float,
    seed: int,
    num_images: int | None = None,
    weights: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Train once: seconds of wall clock of the epochs."""
    program, compile_s = compiled(images, num_images, batch_size, activation, learning_rate)
    data = images_of(images, num_images)
    params, key = init(seed), jax.random.key(seed + 1)
    state = optax.adam(learning_rate).init(params)
    jax.block_until_ready((params, state, key))
    began = time.perf_counter()
    for _epoch in range(epochs):
        params, state, key, loss = program(params, state, key, data)
    loss_nats = float(loss)
    jax.block_until_ready(params)
    seconds = time.perf_counter() - began
    if weights is not None:
        save(weights, params)
    return {
        "seconds": seconds,
        "num_images": epochs * len(data),
        "train_loss_nats": loss_nats,
        "details": {"compile_s": round(compile_s, 2)},
    }


def prepare(**settings: Any) -> dict[str, Any]:
    """Compile, and pay for first touches in one epoch (its shapes are part of the program)."""
    return measure(**settings | {"epochs": 1})


def save(path: str, params: Params) -> None:
    """Write the layers as torch lays them out: NAME.weight (out, in), NAME.bias."""
    arrays = {}
    for name, layer in params.items():
        arrays[f"{name}.weight"] = np.asarray(layer["weight"]).T
        arrays[f"{name}.bias"] = np.asarray(layer["bias"])
    np.savez(path, **arrays)


if __name__ == "__main__":
    serving.serve(
        {"train": measure, "prepare": prepare},
        {
            "python": platform.python_version(),
            "jax": jax.__version__,
            "jaxlib": jaxlib.__version__,
            "optax": optax.__version__,
        },
    )
