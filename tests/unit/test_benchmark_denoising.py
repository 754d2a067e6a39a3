"""The protocol of restoring: what it measures, how it judges, and that its pages tell the same."""

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from torch.nn import functional
from torchmetrics.functional.image import structural_similarity_index_measure

from benchmarks import common, denoising, denoising_tables
from benchmarks import denoising_protocol as protocol
from benchmarks import denoising_verdicts as verdicts
from vae_core import catalogue
from vae_core.corruption import CORRUPTIONS, damage, given
from vae_core.data import Dataset
from vae_core.metrics import mean_psnr_db, psnr_db, ssim
from vae_core.metrics.extractor import reader_of
from vae_core.restoration import Method, Restored, classical, load_champion


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


@pytest.mark.parametrize("dataset", denoising.NAMES)
def test_the_protocols_page_and_the_readable_result_tell_what_was_measured(dataset: str) -> None:
    name = denoising.NAMES[dataset]
    result = json.loads((common.RESULTS / f"{name}.json").read_text())
    assert list(result["results"]) == list(protocol.KEYS)
    assert result["aims"] == verdicts.judged(result["results"])
    assert result["baseline_wins"] == verdicts.baseline_wins(result["results"])
    document = denoising.DOCUMENT.read_text(encoding="utf-8")
    blocks = denoising.blocks(result)
    for place in blocks:
        assert f"<!-- {place} -->" in document
    assert denoising_tables.filled(document, blocks) == document
    page = denoising_tables.page(result, denoising.INTRODUCTION)
    assert (common.RESULTS / f"{name}.md").read_text() == page


@pytest.fixture(scope="module", params=denoising.NAMES)
def measured(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What was measured on a data set."""
    return json.loads((common.RESULTS / f"{denoising.NAMES[request.param]}.json").read_text())


def test_deconvolution_alone_beats_the_champion_in_closeness_as_the_page_says(
    measured: dict[str, Any],
) -> None:
    over = [win for win in measured["baseline_wins"] if "champion" in win["beats"]]
    close = [win for win in over if win["measure"] != "accuracy"]
    assert {win["baseline"] for win in close} == {"deconvolution"}
    measures = ("psnr_db", "ssim") if measured["dataset"] == "digits" else ("psnr_db",)
    assert {(win["key"], win["measure"]) for win in close} == {
        (key, measure) for key in ("blur-0.6", "blur-1") for measure in measures
    }
    assert all(
        win["value"] - win["beats"]["champion"] > 11 for win in close if win["measure"] == "psnr_db"
    )
    read = [win for win in over if win["measure"] == "accuracy"]
    others = [win for win in read if win["baseline"] != "deconvolution"]
    assert all(win["value"] - win["beats"]["champion"] <= 0.005 for win in others)


def test_filters_beat_one_pass_under_light_damage_as_the_page_says(
    measured: dict[str, Any],
) -> None:
    wins = {win["key"] for win in measured["baseline_wins"] if win["measure"] == "psnr_db"}
    light = {"gaussian-0.1", "gaussian-0.2", "speckle-0.4", "poisson-0.3", "jpeg-0.8", "jpeg-0.95"}
    assert light <= wins
    assert not wins & {"gaussian-0.5", "gaussian-0.7", "half-0.5", "masked-square-0.4"}


def test_the_search_and_the_draws_are_what_the_page_says(measured: dict[str, Any]) -> None:
    results = measured["results"]
    heavy, first = results["salt-and-pepper-0.5"], "psnr_db_first"
    assert heavy["search"][first] > heavy["champion"][first]
    over = {win["key"] for win in measured["baseline_wins"] if "search" in win["beats"]}
    assert over <= {
        "gaussian-0.1",
        "gaussian-0.2",
        "speckle-0.4",
        "poisson-0.3",
        "blur-0.6",
        "blur-1",
    }
    for rows in results.values():
        gain_db = rows["posterior-mean"]["psnr_db"] - rows["denoising-vae"]["psnr_db"]
        assert -0.55 < gain_db < 0.1
        assert rows["champion"]["ms_per_image"] < 2


def test_against_blur_filters_that_smooth_do_nothing_and_deconvolution_all_as_the_page_says(
    measured: dict[str, Any],
) -> None:
    for key in ("blur-0.6", "blur-1"):
        rows = measured["results"][key]
        for name in ("median", "gaussian", "tv", "wavelet", "nl-means"):
            assert rows[name]["psnr_db"] == pytest.approx(rows["noisy"]["psnr_db"], abs=0.02)
        assert rows["deconvolution"]["psnr_db"] > rows["noisy"]["psnr_db"] + 15
        assert rows["deconvolution"]["psnr_db"] > rows["search"]["psnr_db"] + 13


@pytest.mark.parametrize("level", [0.6, 1.0])
def test_deconvolution_of_rounded_values_loses_on_mnist_and_not_on_digits_as_the_page_says(
    level: float, mnist: Dataset, digits: Dataset
) -> None:
    leads_db = []
    for data, ratio in ((mnist, 10 ** (4 if level < 1 else 5)), (digits, 1e4)):
        clean = data.test.pixels(0, 100)
        blurred = (damage(clean, "blur", level, torch.Generator()).images * 255).round() / 255
        champion = load_champion(data.spec.name)
        assert champion is not None
        restored = [
            classical.deconvolution(blurred, level, ratio),
            champion.restore(given(blurred, "blur", level)),
        ]
        ours, theirs = (mean_psnr_db(psnr_db(images, clean)) for images in restored)
        leads_db.append(ours - theirs)
    assert leads_db[0] < -2
    assert leads_db[1] > 8


def test_more_digits_are_read_behind_a_filter_than_behind_the_vae_as_the_page_says() -> None:
    result = json.loads((common.RESULTS / "denoising.json").read_text())
    rows = result["results"]["gaussian-0.5"]
    assert rows["tv"]["accuracy"] > rows["denoising-vae"]["accuracy"]
    assert rows["tv"]["psnr_db"] < rows["denoising-vae"]["psnr_db"] - 5
    for key in ("gaussian-0.1", "gaussian-0.5"):
        noisy, vae = (result["results"][key][name]["accuracy"] for name in ("noisy", "vae"))
        assert vae < noisy <= result["clean"]["accuracy"]
    assert all(aim["is_met"] for aim in result["aims"])


def test_every_method_of_the_protocol_is_explained_on_its_page() -> None:
    document = denoising.DOCUMENT.read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z-]+)` \|", document, re.MULTILINE))
    assert {"noisy", *protocol.METHODS} <= explained


def test_ssim_of_a_noisy_digit_is_scikit_images_inside_and_not_at_the_border(
    digits: Dataset,
) -> None:
    """scikit-image's mean leaves out a border of 5 pixels; the protocol's is of the whole image."""
    small = digits.test.pixels(0, 20)
    clean = functional.interpolate(small, (28, 28), mode="bilinear")
    noisy = damage(clean, "gaussian", 0.5, torch.Generator().manual_seed(0)).images
    _, ours = structural_similarity_index_measure(
        noisy, clean, sigma=1.5, data_range=1.0, reduction="none", return_full_image=True
    )
    torch.testing.assert_close(ssim(noisy, clean), ours.mean((1, 2, 3)))
    for index in range(len(clean)):
        mean, theirs = structural_similarity(
            clean[index, 0].double().numpy(),
            noisy[index, 0].double().numpy(),
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=1.0,
            full=True,
        )
        inside = ours[index, 0, 5:-5, 5:-5].numpy()
        np.testing.assert_allclose(inside, theirs[5:-5, 5:-5], atol=1e-4)
        assert inside.mean() == pytest.approx(mean, abs=1e-4)
        assert ours[index].mean().item() != pytest.approx(mean, abs=0.01)
