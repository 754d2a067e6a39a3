"""Checkpoints: what is saved comes back; what is damaged or foreign is refused in words."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch
from safetensors.torch import load_file, save_file

from vae_core import MLPConfig, build_model, decode, encode, evaluate, load_checkpoint, load_dataset
from vae_core.checkpoints import (
    LATENTS_FILE,
    MODEL_FILE,
    RESUME_FILE,
    load_resume,
    save_resume,
    save_trained,
)
from vae_core.config import RunConfig
from vae_core.data import SPLITS, Dataset
from vae_core.errors import CheckpointError, RunError, VAELabError
from vae_core.learner import Learner
from vae_core.likelihoods import LIKELIHOODS
from vae_core.metrics import Evaluation
from vae_core.models import MODELS
from vae_core.record import RECORD_FILE, RunRecord, Summary, read_record

Tensors = dict[str, torch.Tensor]
BUNDLED = [
    "digits-2d", "digits-ae-2d", "mnist-2d", "mnist-ae-2d", "mnist-16d", "mnist-denoise-16d",
]  # fmt: skip
MAX_BYTES = 4_000_000


def record_of(config: RunConfig, data: Dataset) -> RunRecord:
    return RunRecord(id="abc", status="finished", config=config, spec=data.spec)


def assert_same_numbers(first: Summary, second: Evaluation) -> None:
    expected = second.as_dict()
    assert vars(first).keys() <= expected.keys()
    for name, value in vars(first).items():
        near = (
            pytest.approx(expected[name], rel=1e-3) if isinstance(value, float) else expected[name]
        )
        assert value == near, name


@pytest.fixture(params=["gaussian", "point"])
def model_config(request: pytest.FixtureRequest) -> MLPConfig:
    return MLPConfig(latent_dim=3, hidden=(16,), posterior=request.param)


@pytest.fixture
def saved(tmp_path: Path, tiny: Dataset, tiny_config: RunConfig) -> Path:
    """A small VAE's folder, to be damaged."""
    model = build_model(tiny_config.model, tiny.spec, seed=1)
    save_trained(tmp_path, record_of(tiny_config, tiny), model, tiny)
    return tmp_path


@pytest.mark.parametrize("half", [False, True])
def test_a_saved_model_decodes_and_encodes_as_before(
    tmp_path: Path,
    tiny: Dataset,
    tiny_config: RunConfig,
    model_config: MLPConfig,
    half: bool,
    seeded: Callable[[int], torch.Generator],
) -> None:
    config = tiny_config.evolve(model=model_config)
    model = build_model(config.model, tiny.spec, seed=1)
    written = save_trained(tmp_path, record_of(config, tiny), model, tiny, half=half)
    loaded = load_checkpoint(tmp_path)
    z = torch.randn(9, 3, generator=seeded(0))
    assert torch.equal(decode(loaded.model, z), decode(model, z))
    assert loaded.record == written
    assert not loaded.model.training
    assert not list(tmp_path.glob(".*"))
    everything = torch.cat([tiny.split(name).pixels() for name in SPLITS])
    fresh, kept = encode(model, everything), loaded.latents.encoded
    places = {"rtol": 1e-3, "atol": 1e-3} if half else {"rtol": 0.0, "atol": 0.0}
    torch.testing.assert_close(kept.mean, fresh.mean, **places)
    assert (kept.logvar is None) == (model_config.posterior == "point")
    assert len(loaded.latents) == 120
    assert loaded.latents.where(0) == ("train", 0)
    assert loaded.latents.where(119) == ("test", 29)
    assert torch.equal(loaded.latents.label[70:90], tiny.val.labels)


@pytest.mark.parametrize("likelihood", LIKELIHOODS)
@pytest.mark.parametrize("name", MODELS)
def test_every_model_with_every_likelihood_comes_back_from_its_folder(
    tmp_path: Path, tiny: Dataset, tiny_config: RunConfig, name: str, likelihood: str
) -> None:
    settings = {"likelihood": likelihood, "sigma": 0.25, "hidden": (12,)}
    config = tiny_config.evolve(model=MODELS[name].config.parse(settings))
    model = build_model(config.model, tiny.spec, seed=1)
    save_trained(tmp_path, record_of(config, tiny), model, tiny)
    found = load_checkpoint(tmp_path)
    assert found.record.config.model == config.model
    assert found.model.state_dict().keys() == model.state_dict().keys()
    x = tiny.test.pixels()
    with torch.inference_mode():
        nats, again = (each.likelihood.log_prob(each(x).params, x) for each in (model, found.model))
    assert torch.equal(nats, again)
    assert found.model.likelihood.note == model.likelihood.note
    assert (found.model.likelihood.note is None) == (likelihood != "bernoulli")


def test_a_learned_sigma_goes_on_from_its_training_state(
    tmp_path: Path, tiny: Dataset, tiny_config: RunConfig
) -> None:
    model = tiny_config.model.evolve(likelihood="gaussian-shared")
    config = tiny_config.evolve(model=model)
    batch = tiny.train.batch(torch.arange(20))
    learner, other = (Learner(config, tiny.spec, len(tiny.train)) for _ in range(2))
    learner.step(batch)
    save_resume(tmp_path, learner.state_dict())
    other.load_state_dict(load_resume(tmp_path))
    for each in (learner, other):
        each.step(batch)
    sigmas = [each.model.likelihood.raw_log_sigma.item() for each in (learner, other)]
    assert sigmas[0] == sigmas[1]
    start = Learner(config, tiny.spec, len(tiny.train)).model.likelihood.raw_log_sigma.item()
    assert sigmas[0] != start


def test_the_description_holds_what_was_measured(saved: Path, tiny: Dataset) -> None:
    checkpoint = load_checkpoint(saved)
    record = checkpoint.record
    assert_same_numbers(record.summary, evaluate(checkpoint.model, tiny))
    assert record.data_fingerprint == tiny.fingerprint
    assert sum(record.kl_per_dim) == pytest.approx(record.summary.kl_nats)
    assert record.versions["torch"] == torch.__version__
    means = encode(checkpoint.model, tiny.train.pixels()).mean
    for dim, (low, *_, high) in enumerate(record.latent_quantiles):
        share = ((means[:, dim] >= low) & (means[:, dim] <= high)).float().mean()
        assert float(share) == pytest.approx(0.98, abs=0.02)
        assert record.latent_quantiles[dim][3] == pytest.approx(float(means[:, dim].quantile(0.5)))


def alter(file: str, change: Callable[[Tensors], Any]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        tensors = load_file(folder / file)
        change(tensors)
        save_file(tensors, folder / file)

    return damage


def cut(file: str, keep: float) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(keep * len(content))])

    return damage


def rewrite(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        data = json.loads((folder / RECORD_FILE).read_text())
        change(data)
        (folder / RECORD_FILE).write_text(json.dumps(data))

    return damage


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "weights missing": (lambda f: (f / MODEL_FILE).unlink(), r"model\.safetensors is missing"),
    "latents missing": (lambda f: (f / LATENTS_FILE).unlink(), r"latents\.safetensors is missing"),
    "description missing": (lambda f: (f / RECORD_FILE).unlink(), r"holds no run\.json; expected"),
    "weights truncated": (cut(MODEL_FILE, 0.7), r"model\.safetensors cannot be read as safetens"),
    "weights empty": (cut(MODEL_FILE, 0.0), r"model\.safetensors cannot be read as safetensors"),
    "latents truncated": (cut(LATENTS_FILE, 0.7), r"latents\.safetensors cannot be read"),
    "weights a pickle": (
        lambda f: torch.save({"a": torch.zeros(2)}, f / MODEL_FILE),
        r"model\.safetensors cannot be read as safetensors",
    ),
    "weights a folder": (
        lambda f: ((f / MODEL_FILE).unlink(), (f / MODEL_FILE).mkdir()),
        r"model\.safetensors cannot be read as safetensors",
    ),
    "weights of another shape": (
        alter(MODEL_FILE, lambda t: t.update({"head.weight": torch.zeros(2, 2)})),
        r"tensor 'head\.weight' is \(2, 2\), expected \(4, 16\) \(1 of .* differ\)",
    ),
    "a weight too few": (
        alter(MODEL_FILE, lambda t: t.pop("head.bias")),
        r"tensor 'head\.bias' is absent, expected \(4,\)",
    ),
    "a weight too many": (
        alter(MODEL_FILE, lambda t: t.update(extra=torch.zeros(3))),
        r"tensor 'extra' is \(3,\), expected absent",
    ),
    "weights not numbers": (
        alter(MODEL_FILE, lambda t: t["head.bias"].fill_(float("nan"))),
        r"tensor 'head\.bias' holds numbers that are not finite",
    ),
    "latents infinite": (
        alter(LATENTS_FILE, lambda t: t["mean"].fill_(float("inf"))),
        "tensor 'mean' holds numbers that are not finite",
    ),
    "latents of an autoencoder": (
        alter(LATENTS_FILE, lambda t: t.pop("logvar")),
        r"tensor 'logvar' is absent, expected \(120, 2\)",
    ),
    "a label too few": (
        alter(LATENTS_FILE, lambda t: t.update(label=t["label"][:-1].clone())),
        r"tensor 'index' is \(120,\), expected \(119,\)",
    ),
    "one label without a list": (
        alter(LATENTS_FILE, lambda t: t.update(label=torch.tensor(3))),
        r"tensor 'index' is \(120,\), expected \(1,\)",
    ),
    "label out of range": (
        alter(LATENTS_FILE, lambda t: t["label"].fill_(10)),
        "labels or places that Digits 8x8 does not have",
    ),
    "label below zero": (
        alter(LATENTS_FILE, lambda t: t["label"].fill_(-1)),
        "labels or places that Digits 8x8 does not have",
    ),
    "unknown split": (
        alter(LATENTS_FILE, lambda t: t["split"].fill_(3)),
        "labels or places that Digits 8x8 does not have",
    ),
    "place below zero": (
        alter(LATENTS_FILE, lambda t: t["index"].fill_(-1)),
        "labels or places that Digits 8x8 does not have",
    ),
    "description half written": (cut(RECORD_FILE, 0.5), r"run\.json cannot be read .* damaged"),
    "description empty": (cut(RECORD_FILE, 0.0), r"run\.json cannot be read"),
    "description not text": (
        lambda f: (f / RECORD_FILE).write_bytes(b"\xff\xfe\x00"),
        r"run\.json cannot be read",
    ),
    "description of endless depth": (
        lambda f: (f / RECORD_FILE).write_text("[" * 100_000),
        r"run\.json cannot be read",
    ),
    "description a list": (
        lambda f: (f / RECORD_FILE).write_text("[]"),
        r"run\.json is not a description .* received \[\]",
    ),
    "a later version": (
        rewrite(lambda d: d.update(format=2)),
        r"run\.json is not a description that this version knows.*format: received 2",
    ),
    "an unknown data set": (
        rewrite(lambda d: d["config"].update(dataset="svhn")),
        r"run\.json is not a description.*Unknown data set 'svhn'",
    ),
    "an unknown model": (
        rewrite(lambda d: d["config"]["model"].update(name="gan")),
        r"run\.json is not a description.*'gan'",
    ),
    "settings of another model": (
        rewrite(lambda d: d["config"]["model"].update(hidden=[5])),
        r"does not fit its run\.json: tensor 'decoder.*It belongs to another model",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_or_foreign_checkpoint_is_refused_in_words(saved: Path, name: str) -> None:
    damage, text = DAMAGES[name]
    damage(saved)
    with pytest.raises(CheckpointError, match=f"(?s){text}"):
        load_checkpoint(saved)


def test_a_description_with_impossible_images_is_refused_in_words(saved: Path) -> None:
    rewrite(lambda d: d["spec"].update(event_shape=[1, 7, 7]))(saved)
    with pytest.raises(VAELabError, match=r"Images of shape \(1, 7, 7\) received"):
        load_checkpoint(saved)


def test_a_full_disk_loses_nothing_that_was_saved(
    saved: Path, tiny: Dataset, tiny_config: RunConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = {path.name: path.read_bytes() for path in saved.iterdir()}
    monkeypatch.setattr(os, "fsync", full)
    other = build_model(tiny_config.model, tiny.spec, seed=2)
    with pytest.raises(RunError, match=r"No space left on device.*Free some space"):
        save_trained(saved, record_of(tiny_config, tiny), other, tiny)
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before


def test_a_training_state_comes_back_as_it_was(
    tmp_path: Path, tiny: Dataset, tiny_config: RunConfig
) -> None:
    learner = Learner(tiny_config, tiny.spec, 70)
    learner.step(tiny.train.batch(torch.arange(8)))
    learner.elapsed_s = 1.25
    state = learner.state_dict()
    save_resume(tmp_path, state)
    loaded = load_resume(tmp_path)
    assert loaded is not None
    assert (loaded["num_done"], loaded["elapsed_s"]) == (1, 1.25)
    for part in ("model", "optimiser", "generators"):
        assert loaded[part].keys() == state[part].keys()
        assert all(torch.equal(loaded[part][name], value) for name, value in state[part].items())


def test_a_run_that_has_not_got_that_far_has_no_training_state(tmp_path: Path) -> None:
    assert load_resume(tmp_path) is None


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"model/a": torch.full((2,), float("nan"))}, "not finite"),
        ({"model": torch.zeros(2), "model/a": torch.zeros(2)}, "is not a training state"),
        (None, "cannot be read as safetensors"),
    ],
)
def test_a_damaged_training_state_is_refused_in_words(
    tmp_path: Path, content: Tensors | None, text: str
) -> None:
    if content is None:
        (tmp_path / RESUME_FILE).write_bytes(b"half")
    else:
        save_file(content, tmp_path / RESUME_FILE)
    with pytest.raises(CheckpointError, match=text):
        load_resume(tmp_path)


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_checkpoint_is_small_and_opens_without_its_data(
    bundled: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAELAB_DATA", str(tmp_path))
    assert sum(path.stat().st_size for path in (bundled / name).iterdir()) < MAX_BYTES
    checkpoint = load_checkpoint(bundled / name)
    assert checkpoint.record.title == name
    assert checkpoint.record.status == "finished"
    assert checkpoint.record.summary is not None
    assert len(checkpoint.latents) == (1797 if name.startswith("digits") else 10_000)
    assert len(checkpoint.record.latent_quantiles) == checkpoint.model.latent_dim
    pictures = decode(checkpoint.model, checkpoint.latents.encoded.mean[:4])
    assert pictures.shape == (4, *checkpoint.record.spec.event_shape)
    assert float(pictures.std()) > 0.1


@pytest.mark.parametrize("name", ["digits-2d", "digits-ae-2d"])
def test_the_numbers_of_a_bundled_checkpoint_are_measured_again(bundled: Path, name: str) -> None:
    checkpoint = load_checkpoint(bundled / name)
    data = load_dataset("digits")
    assert checkpoint.record.summary is not None
    assert_same_numbers(checkpoint.record.summary, evaluate(checkpoint.model, data))
    assert checkpoint.record.data_fingerprint == data.fingerprint
    shown, kept = encode(checkpoint.model, data.test.pixels()), checkpoint.latents
    in_test = kept.split == SPLITS.index("test")
    torch.testing.assert_close(kept.encoded.mean[in_test], shown.mean, rtol=2e-3, atol=2e-3)
    assert torch.equal(kept.label[in_test], data.test.labels)


def test_a_bundled_checkpoint_is_no_picture_of_its_data(bundled: Path) -> None:
    for path in bundled.glob(f"*/{LATENTS_FILE}"):
        assert set(load_file(path)) <= {"mean", "logvar", "label", "split", "index"}


def test_a_copy_elsewhere_is_the_same_checkpoint(bundled: Path, tmp_path: Path) -> None:
    shutil.copytree(bundled / "digits-2d", tmp_path / "copy")
    assert read_record(tmp_path / "copy") == read_record(bundled / "digits-2d")
