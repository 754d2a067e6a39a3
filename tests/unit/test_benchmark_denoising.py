"""The protocol of restoring: what it measures, how it judges, and that its pages tell the same."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import common, denoising, denoising_tables
from benchmarks import denoising_protocol as protocol
from benchmarks import denoising_verdicts as verdicts
from vae_core import catalogue
from vae_core.corruption import CORRUPTIONS, damage
from vae_core.data import Dataset
from vae_core.metrics import psnr_db, ssim
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import Method, Restored


def row(psnr: float, ssim_: float = 0.5, accuracy: float = 0.5, **more: float) -> dict[str, Any]:
    """A made-up row."""
    return {
        "psnr_db": psnr,
        "ssim": ssim_,
        "accuracy": accuracy,
        "num_images": 10,
        "psnr_db_first": psnr,
        "ms_per_image": 1.0,
    } | more


def method(name: str, restore: Callable[[torch.Tensor], torch.Tensor], *kinds: str) -> Method:
    return Method(
        name,
        name,
        "made up",
        "classical",
        lambda kind: not kinds or kind in kinds,
        lambda damaged, conditions, seed: Restored(restore(damaged.images)),
    )


def test_every_kind_of_damage_is_measured_at_levels_that_there_are() -> None:
    assert set(protocol.DAMAGES) == set(CORRUPTIONS)
    assert set(protocol.DAMAGES["gaussian"]) >= {0.1, 0.2, 0.3, 0.5, 0.7}
    for kind, level in protocol.KEYS.values():
        CORRUPTIONS[kind].levels.check(level)
        assert level > CORRUPTIONS[kind].levels.choices[0]
    assert {"gaussian-0.5", "half-0.5", "drop-out-0.8", "down-sample-4"} <= set(protocol.KEYS)


@pytest.mark.parametrize("dataset", denoising.NAMES)
def test_everybody_takes_part_under_the_name_of_the_protocol(dataset: str) -> None:
    found = protocol.contestants(dataset)
    assert tuple(found) == protocol.METHODS
    assert {name: it.name for name, it in found.items()} == {name: name for name in found}
    for kind in CORRUPTIONS:
        fitting = {name for name, it in found.items() if it.fits(kind)}
        assert {"vae", "denoising-vae", "posterior-mean", "champion"} <= fitting, kind
    assert not found["biharmonic"].fits("gaussian")
    assert not found["bicubic"].fits("half")


@pytest.mark.parametrize("aim", verdicts.AIMS, ids=lambda aim: f"{aim.method} {aim.key}")
def test_an_aim_is_about_what_is_measured(aim: verdicts.Aim) -> None:
    assert aim.key in protocol.KEYS
    assert {aim.method, aim.rival} <= {*protocol.METHODS, verdicts.BASELINE}


def test_a_row_holds_means_over_the_pictures_of_one_seeded_damage(digits: Dataset) -> None:
    source = denoising.first_images("digits", 60)  # the second batch is short
    reader = reader_of("digits")
    assert reader is not None
    brighter = method("median", lambda x: (x + 0.1).clamp(0, 1))
    rows = protocol.measured([brighter], source, reader, "gaussian", 0.3)
    clean = source.pixels()
    noisy = damage(clean, "gaussian", 0.3, torch.Generator().manual_seed(0)).images
    for name, images in (("noisy", noisy), ("median", (noisy + 0.1).clamp(0, 1))):
        got = rows[name]
        assert got["psnr_db"] == pytest.approx(psnr_db(images, clean).mean().item(), abs=1e-3)
        assert got["ssim"] == pytest.approx(ssim(images, clean).mean().item(), abs=1e-4)
        is_read = reader.classify(images) == source.labels
        assert got["accuracy"] == pytest.approx(is_read.float().mean().item(), abs=1e-4)
        assert got["num_images"] == 60
    assert rows["noisy"]["ms_per_image"] is None
    assert rows["median"]["ms_per_image"] > 0


def test_only_methods_that_are_meant_for_a_damage_take_part(digits: Dataset) -> None:
    source, reader = denoising.first_images("digits", 5), reader_of("digits")
    assert reader is not None
    both = [method("median", torch.clone), method("biharmonic", torch.clone, "half")]
    assert set(protocol.measured(both, source, reader, "half", 0.5)) == {
        *("noisy", "median", "biharmonic")
    }
    assert set(protocol.measured(both, source, reader, "blur", 0.6)) == {"noisy", "median"}


def test_a_search_restores_the_first_pictures_and_ranks_with_others_on_those(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "FIRST", 7)
    source, reader = denoising.first_images("digits", 20), reader_of("digits")
    assert reader is not None
    both = [method("median", torch.clone), method("search", torch.clone)]
    rows = protocol.measured(both, source, reader, "gaussian", 0.5)
    assert (rows["median"]["num_images"], rows["search"]["num_images"]) == (20, 7)
    assert rows["search"]["psnr_db"] == rows["median"]["psnr_db_first"]
    assert rows["median"]["psnr_db"] != rows["median"]["psnr_db_first"]


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, *given: str) -> dict[str, Any]:
    """Call the benchmark as the command line does, keeping everything in a folder."""
    monkeypatch.setattr(denoising, "FOLDER", folder / "cache")
    monkeypatch.setattr(common, "RESULTS", folder / "results")
    monkeypatch.setattr(sys, "argv", ["denoising", *given])
    common.run(denoising.main, lambda: denoising.arguments().json)
    return {}


FEW = (
    *("--dataset", "digits", "--num-images", "12", "--only", "median,denoising-vae,champion"),
    *("--damages", "gaussian-0.5,half-0.5", "--json"),
)


def test_json_is_damage_then_method_then_three_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, tmp_path, *FEW)
    told = capsys.readouterr()
    answer = json.loads(told.out.splitlines()[-1])
    assert list(answer) == ["gaussian-0.5", "half-0.5"]
    for rows in answer.values():
        assert list(rows) == ["noisy", "median", "denoising-vae", "champion"]
        for values in rows.values():
            assert list(values) == ["psnr_db", "ssim", "accuracy"]
            assert 0 < values["psnr_db"] < 100
            assert 0 <= values["accuracy"] <= 1
    assert "gaussian-0.5" in told.err
    assert "Not kept: only a part was measured." in told.out
    assert not (tmp_path / "results").exists()


def test_what_was_measured_before_an_interruption_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real, done = protocol.measured, []

    def dies_at_the_second(*given: Any) -> dict[str, Any]:
        done.append(given[-2])
        if len(done) == 2:
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(protocol, "measured", dies_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, tmp_path, *FEW)
    run(monkeypatch, tmp_path, *FEW)
    assert done == ["gaussian", "half", "half"]
    run(monkeypatch, tmp_path, *FEW, "--fresh")
    assert done[3:] == ["gaussian", "half"]


def test_rows_of_other_images_methods_or_weights_are_never_taken_for_these(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"before")
    monkeypatch.setattr(denoising, "ROOT", tmp_path)
    monkeypatch.setattr(denoising, "ingredients", lambda dataset: [weights])
    folders = [
        denoising.folder_of("digits", 300, ["median"]),
        denoising.folder_of("digits", 299, ["median"]),
        denoising.folder_of("digits", 300, ["median", "tv"]),
        denoising.folder_of("mnist", 300, ["median"]),
    ]
    weights.write_bytes(b"after")
    folders.append(denoising.folder_of("digits", 300, ["median"]))
    monkeypatch.setattr(denoising, "version", lambda name: "9" if name == "PyWavelets" else "1")
    folders.append(denoising.folder_of("digits", 300, ["median"]))
    assert len(set(folders)) == 6


def test_every_library_that_makes_or_measures_a_row_is_told() -> None:
    needed = {"torch", "torchvision", "torchmetrics", "scikit-image", "scipy", "PyWavelets"}
    assert needed <= set(denoising.versions())


def test_a_picture_that_was_spared_counts_for_40_db_in_a_row() -> None:
    source, reader = denoising.first_images("digits", 20), reader_of("digits")
    assert reader is not None
    clean = source.pixels()
    whole = method("median", lambda x: torch.cat([clean[:5], (x + 0.1).clamp(0, 1)[5:]]))
    row_ = protocol.measured([whole], source, reader, "gaussian", 0.3)["median"]
    noisy = damage(clean, "gaussian", 0.3, torch.Generator().manual_seed(0)).images
    others = psnr_db((noisy + 0.1).clamp(0, 1), clean)[5:].sum().item()
    assert row_["psnr_db"] == pytest.approx((5 * 40 + others) / 20, abs=1e-3)


@pytest.mark.parametrize("dataset", denoising.NAMES)
def test_rows_depend_on_every_method_and_on_the_weights(dataset: str) -> None:
    names = {path.relative_to(denoising.ROOT).as_posix() for path in denoising.ingredients(dataset)}
    assert {"vae_core/restoration/classical.py", "vae_core/corruption/noise.py"} <= names
    assert "vae_core/metrics/reconstruction.py" in names
    assert {"vae_core/likelihoods/base.py", "vae_core/distributions.py"} <= names
    assert {"vae_core/inference.py", "vae_core/checkpoints.py"} <= names
    for model in protocol.MODELS[dataset]:
        assert f"checkpoints/{model}/model.safetensors" in names
        assert f"checkpoints/{model}/run.json" in names
        assert (catalogue.BUNDLED / model).is_dir()


def test_only_all_images_all_methods_and_all_damages_are_kept() -> None:
    assert denoising.arguments([]).is_whole
    assert denoising.arguments(["--num-images", "1000", "--json"]).is_whole
    assert denoising.arguments(["--dataset", "digits", "--fresh"]).is_whole
    for part in (["--num-images", "50"], ["--only", "median"], ["--damages", "half-0.5"]):
        assert not denoising.arguments(part).is_whole


def test_a_wrong_option_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        denoising.arguments(["--damages", "gaussian-0.55"])
    assert "unknown 'gaussian-0.55'; expected some of: gaussian-0.1" in capsys.readouterr().err


MADE_UP = {
    "gaussian-0.5": {
        "noisy": row(9.0, accuracy=0.4),
        "median": row(14.0, 0.3),
        "tv": row(14.2, 0.4, accuracy=0.9),
        "vae": row(10.0),
        "denoising-vae": row(16.7, 0.8, accuracy=0.85),
        "search": row(99.0),
        "champion": row(19.1, 0.9, accuracy=0.95),
    },
    "half-0.5": {
        "noisy": row(13.0),
        "biharmonic": row(13.5, psnr_db_first=13.4),
        "tv": row(13.2, psnr_db_first=17.2),
        "vae": row(15.0, psnr_db_first=15.2),
        "search": row(17.1, psnr_db_first=17.1),
        "champion": row(13.5, 0.4, accuracy=0.7),
    },
}


def test_an_aim_is_met_by_at_least_its_lead_over_the_best_filter() -> None:
    told = {(it["key"], it["method"]): it for it in verdicts.judged(MADE_UP)}
    exactly = told["gaussian-0.5", "denoising-vae"]
    assert (exactly["rival"], exactly["lead_db"], exactly["is_met"]) == ("tv", 2.5, True)
    short = told["gaussian-0.5", "champion"]
    assert (short["lead_db"], short["needed_db"], short["is_met"]) == (4.9, 5.0, False)
    level = told["half-0.5", "champion"]
    assert (level["rival"], level["lead_db"], level["is_met"]) == ("biharmonic", 0.0, False)
    searched = told["half-0.5", "search"]  # on the pictures that the search restored
    assert (searched["lead_db"], searched["is_met"]) == (1.9, False)
    assert len(told) == 4  # nothing is said of damages that were not measured


def test_a_baseline_wins_only_where_it_is_ahead() -> None:
    found = verdicts.baseline_wins(MADE_UP)
    told = {(it["key"], it["measure"]): (it["baseline"], it["beats"]) for it in found}
    assert told == {
        ("gaussian-0.5", "accuracy"): ("tv", {"one pass": 0.85}),
        ("half-0.5", "ssim"): ("noisy", {"champion": 0.4}),
        ("half-0.5", "psnr_db_first"): ("tv", {"search": 17.1}),
    }


def test_tables_mark_the_best_leave_gaps_and_rank_no_search_with_all_pictures() -> None:
    text = denoising_tables.ranking(MADE_UP, "psnr_db")
    assert text.splitlines()[0] == (
        "|  | noisy | median | tv | biharmonic | vae | denoising-vae | champion |"
    )
    assert "| `gaussian-0.5` | 9.00 | 14.00 | 14.20 |  | 10.00 | 16.70 | **19.10** |" in text
    searched = denoising_tables.searched(MADE_UP)
    assert "| `half-0.5` | 15.20 | 17.10 |  | 13.50 | **17.20** | tv |" in searched


def test_values_that_read_the_same_are_all_the_best() -> None:
    rows = {"half-0.5": {"noisy": row(9.0), "median": row(14.001), "champion": row(14.004)}}
    text = denoising_tables.ranking(rows, "psnr_db")
    assert "| `half-0.5` | 9.00 | **14.00** | **14.00** |" in text


def test_where_a_baseline_wins_is_said_of_the_champion_first() -> None:
    text = denoising_tables.wins(verdicts.baseline_wins(MADE_UP))
    assert "| `half-0.5` | SSIM | doing nothing, 0.500 | 0.400 |" in text
    assert "Over every VAE in one pass, by digits still read: `gaussian-0.5` (tv)." in text
    assert "Over every VAE in one pass, by PSNR: nowhere." in text
    assert "Over the search, on the first 100 images, by PSNR: `half-0.5` (tv)." in text
    assert "Over the champion: nowhere." in denoising_tables.wins([])


def test_only_named_places_of_a_document_are_filled() -> None:
    document = "a\n<!-- mnist ssim -->\nold\n<!-- end -->\nb\n<!-- other -->\nkeep\n<!-- end -->\n"
    filled = denoising_tables.filled(document, {"mnist ssim": "new | \\1\n\n"})
    assert filled == document.replace("old", "new | \\1")
    assert denoising_tables.filled(filled, {"mnist ssim": "new | \\1"}) == filled
