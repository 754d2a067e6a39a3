"""Against a published table: the N-VAE of Davidson et al. 2018, "Hyperspherical VAEs", table 1.

`python -m benchmarks.published --row nvae-d2 --seed 0 1 2` trains it as the paper says: MNIST
binarised anew at each use, MLP 784-256-128-d with ReLU, Adam with a constant 1e-3, batches of 64,
the KL warmed up linearly over 100 epochs, stopped after 50 epochs without a better validation
ELBO. The best weights are then judged by importance sampling with 500 samples on the 10,000 test
images, which are binarised once. Validation has the last 5,000 training images.

Each seed's state is kept in .cache/bench/published: a run that is killed goes on where it was, and
a seed that is finished is not trained again (--fresh forgets them). Everything is float32.
"""

import argparse
import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

import vae_core  # noqa: F401  (before torch, as in the app: it sets how OpenMP's threads wait)

# isort: split
import torch

from benchmarks import common
from benchmarks.peers import CACHE
from vae_core import MLPConfig, RunConfig, TrainConfig, load_dataset, train
from vae_core.checkpoints import load_resume, save_resume
from vae_core.data import Dataset
from vae_core.files import write_atomically
from vae_core.metrics.nll import evidence
from vae_core.models import LatentModel
from vae_core.training import Finished, Started, Validated

FOLDER = CACHE / "published"
ROWS = {
    "nvae-d2": (2, 135.73, 0.83),
    "nvae-d5": (5, 110.21, None),
    "nvae-d10": (10, 93.84, 0.30),
    "nvae-d20": (20, 88.90, 0.26),
}
"""Row -> (latent size, the paper's NLL in nats, its spread over runs where it is known to us)."""
MAX_EPOCHS = 1_000
NUM_SAMPLES = 500
SAVE_INTERVAL_S = 30.0
RESULT_FILE = "result.json"


def config_of(row: str, seed: int, max_epochs: int = MAX_EPOCHS, threads: int = 2) -> RunConfig:
    """Return the paper's settings of a row."""
    latent_dim, *_ = ROWS[row]
    return RunConfig(
        dataset="mnist-dynamic",
        model=MLPConfig(latent_dim=latent_dim, hidden=(256, 128), activation="relu"),
        train=TrainConfig(
            epochs=max_epochs,
            batch_size=64,
            learning_rate=1e-3,
            schedule="constant",
            warmup_epochs=100,
            patience=50,
        ),
        seed=seed,
        num_threads=threads,
        matmul_precision="highest",
    )


def folder_of(row: str, config: RunConfig, num_samples: int) -> Path:
    """Return where a seed's state is kept: other settings have another folder."""
    settings = f"{config.model_dump_json()} {num_samples}".encode()
    digest = hashlib.blake2b(settings, digest_size=4).hexdigest()
    return FOLDER / f"{row}-seed-{config.seed}-{digest}"


def one(folder: Path, config: RunConfig, data: Dataset, num_samples: int) -> dict[str, Any]:
    """Train and judge one seed, or go on with it, or read what came out of it.

    Args:
        folder: of this seed's state.
        config: of the run.
        data: the data set that it names.
        num_samples: S of the importance sampling.
    """
    result_file = folder / RESULT_FILE
    if result_file.is_file():
        print(f"  seed {config.seed}: already done", flush=True)
        result: dict[str, Any] = json.loads(result_file.read_text())
        return result
    folder.mkdir(parents=True, exist_ok=True)
    model, told = trained(folder, config, data)
    began = time.perf_counter()
    measured = evidence(model, data.test, num_samples, seed=0, matmul_precision="highest")
    assert measured is not None
    result = told | {
        "nll_nats": round(measured.nll_nats, 3),
        "test_elbo_nats": round(float(measured.elbo.double().mean()), 3),
        "nll_seconds": round(time.perf_counter() - began, 1),
    }
    write_atomically(result_file, json.dumps(result).encode())
    return result


def trained(folder: Path, config: RunConfig, data: Dataset) -> tuple[LatentModel, dict[str, Any]]:
    """Train to the end, from the state in `folder` if there is one, keeping it there."""
    saved_at, epochs = time.monotonic(), 0
    for event in train(config, data, resume=load_resume(folder)):
        if isinstance(event, Started):
            learner = event.learner
            epochs = learner.num_done // event.steps_per_epoch
        elif isinstance(event, Validated):
            epochs = event.epoch
            print(
                f"  seed {config.seed}: epoch {epochs}, validation ELBO {event.val.elbo_nats:.2f}, "
                f"best {event.best:.2f} {event.num_worse} epochs ago, {learner.elapsed_s:.0f} s",
                flush=True,
            )
            if time.monotonic() - saved_at >= SAVE_INTERVAL_S:
                save_resume(folder, learner.state_dict())
                saved_at = time.monotonic()
    assert isinstance(event, Finished)
    return event.model, {
        "epochs": epochs,
        "seconds": round(event.elapsed_s, 1),
        "val_elbo_nats": round(learner.selection.best or 0.0, 3),
        "ran_out_of_patience": learner.selection.says_stop,
    }


def summary(row: str, seeds: list[int], told: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the object of a row.

    Args:
        row: of ROWS.
        seeds: one for each run.
        told: what each run came to.
    """
    _, paper, spread = ROWS[row]
    nats = [each["nll_nats"] for each in told]
    return {
        "row": row,
        "nll_nats": nats,
        "paper_nats": paper,
        "epochs": [each["epochs"] for each in told],
        "seconds": [each["seconds"] for each in told],
        "paper_spread_nats": spread,
        "mean_nll_nats": round(sum(nats) / len(nats), 3),
        "seeds": seeds,
        "test_elbo_nats": [each["test_elbo_nats"] for each in told],
        "ran_out_of_patience": [each["ran_out_of_patience"] for each in told],
    }


def table(result: dict[str, Any]) -> str:
    """Return the readable result."""
    header = ["seed", "NLL, nats", "test ELBO", "epochs", "seconds"]
    columns = ("seeds", "nll_nats", "test_elbo_nats", "epochs", "seconds")
    rows = list(zip(*(result[name] for name in columns), strict=True))
    spread = result["paper_spread_nats"]
    paper = f"{result['paper_nats']:.2f}" + (f" +- {spread:.2f}" if spread else "")
    return (
        f"# {result['row']}\n\n{__doc__.split(chr(10) * 2, 1)[1]}\n"
        + common.markdown(header, rows)
        + f"\nMean NLL {result['mean_nll_nats']:.2f} nats; the paper says {paper}. "
        + common.described(result)
    )


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = common.parser(__doc__)
    parser.add_argument("--row", choices=ROWS, required=True)
    parser.add_argument("--seed", type=common.at_least(0), nargs="+", default=[0, 1, 2])
    parser.add_argument("--max-epochs", type=common.at_least(1), default=MAX_EPOCHS)
    parser.add_argument("--samples", type=common.at_least(1), default=NUM_SAMPLES)
    parser.add_argument("--fresh", action="store_true", help="forget what these seeds have done")
    usual = min(2, os.cpu_count() or 1)
    parser.add_argument("--threads", type=common.at_least(1), default=usual)
    return parser.parse_args(given)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Train and judge every seed, one after the other."""
    machine = common.machine(options.threads)
    data, told = load_dataset("mnist-dynamic"), []
    torch.set_num_threads(options.threads)
    for seed in options.seed:
        config = config_of(options.row, seed, options.max_epochs, options.threads)
        folder = folder_of(options.row, config, options.samples)
        if options.fresh:
            shutil.rmtree(folder, ignore_errors=True)
        told.append(one(folder, config, data, options.samples))
        print(f"  seed {seed}: NLL {told[-1]['nll_nats']:.2f} nats", flush=True)
    return summary(options.row, options.seed, told) | {
        "machine": machine,
        "versions": {"torch": torch.__version__},
    }


def main() -> dict[str, Any]:
    """Measure, print, keep."""
    options = arguments()
    result = measure(options)
    text = table(result)
    print(text)
    usual = arguments(["--row", options.row])
    if (options.max_epochs, options.samples) == (usual.max_epochs, usual.samples):
        common.keep(options.row, result, text)
    else:
        print("Not kept: the training or the judgement was shortened.")
    return result


if __name__ == "__main__":
    common.run(main, lambda: arguments().json)
