"""`denoise`, `inpaint` and `upscale` of pictures' files."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.unit._cli import cli, refuses
from vae_core import damage, hide, load_checkpoint
from vae_core.corruption import given_small
from vae_core.data import Dataset
from vae_core.metrics import psnr_db
from vae_core.models import NO_CONDITIONS
from vae_core.restoration import choose, classical_methods, model_methods

REFERENCE = "digits-denoise-16d"
OF_MODEL = ("--model", REFERENCE, "--method", "one-pass")


def as_png(x: torch.Tensor) -> bytes:
    """A picture (1, 1, H, W) in [0, 1] as a file."""
    buffer = io.BytesIO()
    Image.fromarray((x[0, 0].numpy() * 255).round().astype(np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def bytes_of(x: torch.Tensor) -> np.ndarray:
    return (x[0, 0].clamp(0, 1) * 255).round().byte().numpy()


def in_sixteenths(x: torch.Tensor) -> torch.Tensor:
    """As the files of 8x8 digits are read: in 17 levels."""
    return (x * 16).round() / 16


@pytest.fixture
def clean(digits: Dataset) -> torch.Tensor:
    return digits.test.pixels(0, 1)


@pytest.fixture
def noisy(clean: torch.Tensor, seeded: Any, tmp_path: Path) -> Path:
    path = tmp_path / "noisy.png"
    path.write_bytes(as_png(damage(clean, "gaussian", 0.4, seeded(0)).images))
    return path


def read(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_noisy_file_comes_back_as_the_model_restores_it(noisy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "restored"
    output = cli("denoise", noisy, "--model", REFERENCE, "--out", folder, "--before", "--json")
    assert output.code == 0, output
    given = in_sixteenths(torch.from_numpy(read(noisy).copy()).float()[None, None] / 255)
    np.testing.assert_array_equal(read(folder / "noisy-before.png"), bytes_of(given))
    method = model_methods(load_checkpoint(Path("checkpoints") / REFERENCE).model)["one-pass"]
    damaged = damage(given, "gaussian", 0.0, torch.Generator())
    restored = method.restore(damaged, NO_CONDITIONS, 0).images
    np.testing.assert_array_equal(read(folder / "noisy.png"), bytes_of(restored))
    assert output.json["model"] == REFERENCE
    assert (output.json["method"], output.json["dataset"]) == ("one-pass", "digits")
    (row,) = output.json["restored"]
    assert (row["file"], row["out"]) == (str(noisy), str(folder / "noisy.png"))
    assert row["prepared"] == "plain"
    assert row["psnr_db"] is None
    assert row["steps"][0] in output.stdout
    assert "invents plausible detail" in output.stdout


def test_a_filter_needs_no_model_and_invents_nothing(noisy: Path, tmp_path: Path) -> None:
    words = ("--method", "median", "--dataset", "digits", "--out", tmp_path / "out")
    output = cli("denoise", noisy, *words)
    assert output.code == 0
    assert read(tmp_path / "out" / "noisy.png").shape == (8, 8)
    assert "Median filter" in output.stdout
    assert "invents" not in output.stdout


def test_a_filter_that_only_copies_says_so(noisy: Path, tmp_path: Path) -> None:
    words = ("--method", "median", "--dataset", "digits", "--out", tmp_path / "out", "--json")
    output = cli("denoise", noisy, *words, "--level", 0.1)
    assert output.code == 0
    assert "Median filter leaves these as they are: no strength of it helped.\n" in output.stdout
    assert "Taken as" not in output.stdout
    assert output.json["restored"][0]["is_unchanged"]
    assert not cli("denoise", noisy, *words, "--force").json["restored"][0]["is_unchanged"]


def test_a_filter_says_what_it_took_for_granted(noisy: Path, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out", "--force")
    output = cli("denoise", noisy, "--method", "median", "--dataset", "digits", *out)
    assert "Taken as Gaussian noise, level 0.5; --noise and --level say" in output.stdout
    assert "around each pixel; set for this damage and level." in output.stdout
    blind = cli("denoise", noisy, *OF_MODEL, *out)
    assert "Taken as" not in blind.stdout


def test_pixels_can_be_written_as_squares(noisy: Path, tmp_path: Path) -> None:
    words = ("--method", "median", "--dataset", "digits", "--out", tmp_path / "out")
    assert cli("denoise", noisy, *words).code == 0
    small = read(tmp_path / "out" / "noisy.png")
    assert cli("denoise", noisy, *words, "--enlarge", 5, "--force").code == 0
    large = read(tmp_path / "out" / "noisy.png")
    np.testing.assert_array_equal(large, np.kron(small, np.ones((5, 5), np.uint8)))


def test_one_bad_file_does_not_stop_the_others(noisy: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    words = ("--method", "median", "--dataset", "digits", "--out", tmp_path / "out", "--json")
    output = cli("denoise", bad, noisy, *words)
    assert output.code == 1
    assert "bad.png: This file cannot be read as a picture; expected PNG" in output.stderr
    assert [row["file"] for row in output.json["restored"]] == [str(noisy)]
    (failed,) = output.json["failed"]
    assert failed["file"] == str(bad)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["noisy.png"]


def test_nothing_is_written_over_unless_that_is_said(noisy: Path, tmp_path: Path) -> None:
    words = ("--method", "median", "--dataset", "digits", "--out")
    refuses(2, r"noisy\.png is there already; .*--force", "denoise", noisy, *words, tmp_path)
    before = noisy.read_bytes()
    twin = tmp_path / "other" / "noisy.jpg"
    twin.parent.mkdir()
    Image.open(noisy).save(twin, "JPEG")
    refuses(2, r"would both become .*noisy\.png", "denoise", noisy, twin, *words, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert noisy.read_bytes() == before
    assert cli("denoise", noisy, *words, tmp_path, "--force").code == 0
    assert noisy.read_bytes() != before


def test_the_pixels_of_a_mask_are_filled_and_no_others(clean: torch.Tensor, tmp_path: Path) -> None:
    is_missing = torch.zeros(1, 1, 8, 8, dtype=torch.bool)
    is_missing[..., 2:4, 3:6] = True
    (tmp_path / "mask.png").write_bytes(as_png(is_missing.float()))
    (tmp_path / "digit.png").write_bytes(as_png(clean))
    files = (tmp_path / "digit.png", "--mask", tmp_path / "mask.png")
    output = cli("inpaint", *files, *OF_MODEL, "--out", tmp_path / "o")
    assert output.code == 0, output
    made, known = read(tmp_path / "o" / "digit.png"), ~is_missing[0, 0].numpy()
    np.testing.assert_array_equal(made[known], bytes_of(clean)[known])
    damaged = hide(clean, is_missing)
    model = load_checkpoint(Path("checkpoints") / REFERENCE).model
    expected = model_methods(model)["one-pass"].restore(damaged, NO_CONDITIONS, 0).images
    np.testing.assert_array_equal(made, bytes_of(expected))


@pytest.mark.parametrize(
    ("option", "kind", "level"), [("half", "half", 0.5), ("square", "masked-square", 0.4)]
)
def test_a_half_or_a_square_is_hidden_filled_and_measured(
    clean: torch.Tensor, tmp_path: Path, seeded: Any, option: str, kind: str, level: float
) -> None:
    (tmp_path / "digit.png").write_bytes(as_png(clean))
    words = (*OF_MODEL, "--seed", 7, "--before", "--json")
    output = cli("inpaint", tmp_path / "digit.png", f"--{option}", *words, "--out", tmp_path / "o")
    assert output.code == 0, output
    damaged = damage(clean, kind, level, seeded(7))
    np.testing.assert_array_equal(
        read(tmp_path / "o" / "digit-before.png"), bytes_of(damaged.images)
    )
    model = load_checkpoint(Path("checkpoints") / REFERENCE).model
    restored = model_methods(model)["one-pass"].restore(damaged, NO_CONDITIONS, 7).images
    (row,) = output.json["restored"]
    assert row["psnr_db"] == pytest.approx(float(psnr_db(restored, clean)[0]), abs=1e-4)


@pytest.mark.parametrize("factor", [2, 4])
def test_a_small_file_is_enlarged_to_the_data_sets_size(
    clean: torch.Tensor, tmp_path: Path, factor: int
) -> None:
    small = in_sixteenths(torch.nn.functional.avg_pool2d(clean, factor))
    (tmp_path / "small.png").write_bytes(as_png(small))
    words = (*OF_MODEL, "--out", tmp_path / "o")
    output = cli("upscale", tmp_path / "small.png", "--factor", factor, *words)
    assert output.code == 0, output
    model = load_checkpoint(Path("checkpoints") / REFERENCE).model
    damaged = given_small(small, factor, (8, 8))
    torch.testing.assert_close(damaged.small, small)
    restored = model_methods(model)["one-pass"].restore(damaged, NO_CONDITIONS, 0).images
    np.testing.assert_array_equal(read(tmp_path / "o" / "small.png"), bytes_of(restored))


OUT = ("--out", "nowhere")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("denoise", "{}"), "No folder to write to was named; expected --out FOLDER"),
        (("denoise", "{}", *OUT, "--noise", "half"), "use `inpaint` for missing pixels, `upscale`"),
        (
            ("denoise", "{}", *OUT, "--level", "7"),
            r"level 7 received; expected a number from 0 to 1",
        ),
        (("denoise", "{}", "gone.png", *OUT), "'gone.png' is no file; expected pictures"),
        (("denoise", "gone.png", *OUT), "is no file; .* A model is named with --model"),
        (("denoise", "a\0b", *OUT), "is no file; expected pictures"),
        (("denoise", "{}", *OUT, "--prepare", "fast"), "--prepare fast .* auto, ink, plain"),
        (("denoise", "{}", *OUT, "--enlarge", "0"), "--enlarge 0 received; expected 1 to 64"),
        (("denoise", "{}", *OUT, "--seed", "-1"), "Seed -1 received; expected a number from 0"),
        (("denoise", "{}", *OUT, "--dataset", "faces"), "Unknown data set 'faces'"),
        (
            ("denoise", "{}", *OUT, "--dataset", "mnist", "--model", REFERENCE),
            "for a model of digits",
        ),
        (
            ("denoise", "{}", *OUT, "--method", "magic"),
            "Unknown method for gaussian 'magic'.*median",
        ),
        (
            ("denoise", "{}", *OUT, "--dataset", "kmnist"),
            "no champion for kmnist, gaussian; name a",
        ),
        (("inpaint", "{}", *OUT), "expected one of --mask FILE, --half and --square"),
        (("inpaint", "{}", *OUT, "--half", "--square"), "expected one of --mask FILE"),
        (("inpaint", "{}", *OUT, "--mask", "gone.png"), "--mask 'gone.png' is no file"),
        (("upscale", "{}", *OUT, "--factor", "3"), "--factor 3 received; expected 2 or 4"),
    ],
)
def test_wrong_use_is_told_before_anything_is_written(
    noisy: Path, words: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(noisy.parent)
    refuses(2, message, *(word.format(noisy) for word in words))
    assert [path.name for path in noisy.parent.iterdir()] == ["noisy.png"]


def test_a_mask_of_another_size_is_told_of_its_file(noisy: Path, tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(as_png(torch.ones(1, 1, 9, 8)))
    words = ("--mask", tmp_path / "mask.png", *OF_MODEL)
    output = cli("inpaint", noisy, *words, "--out", tmp_path / "o")
    assert output.code == 1
    assert "noisy.png: A mask of 8 x 9 pixels received for a picture of 8 x 8" in output.stderr


def test_the_champion_is_read_only_where_it_may_be_the_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    champion = classical_methods("digits")["median"]

    def read_it(dataset: str) -> dict[str, Any]:
        asked.append(dataset)
        return {"champion": champion}

    monkeypatch.setattr("vae_core.restoration.choosing.champion_method", read_it)
    model = load_checkpoint(Path("checkpoints") / REFERENCE).model
    assert choose("median", "digits", "gaussian").name == "median"
    assert choose(None, "digits", "gaussian", model).name == "one-pass"
    assert asked == []
    assert choose(None, "digits", "gaussian") is champion
    assert choose("champion", "digits", "gaussian", model) is champion
    assert asked == ["digits", "digits"]
