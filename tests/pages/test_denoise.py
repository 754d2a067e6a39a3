"""The Denoise page: which rows stand for a damage, the address, and what is said of results."""

import pytest
import torch
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import Open
from tests.pages.reading import component_data, text
from ui import restoring, restoring_setting
from ui.restoring_words import Result, closer, of_picture, region, remarks
from vae_core.corruption import CORRUPTIONS


def given(app: AppTest) -> dict:
    return component_data(app, "lab")


def default_rows(app: AppTest, kind: str) -> list[str]:
    (found,) = (one for one in given(app)["kinds"] if one["name"] == kind)
    return found["rows"]


def test_all_kinds_of_damage_are_offered_with_their_levels(open_page: Open) -> None:
    offered = given(open_page("denoise"))["kinds"]
    assert {one["name"] for one in offered} == set(CORRUPTIONS)
    for one in offered:
        levels = CORRUPTIONS[one["name"]].levels
        assert (one["choices"], one["default"]) == (list(levels.choices), levels.default)


@pytest.mark.parametrize("kind", CORRUPTIONS)
def test_the_rows_that_stand_for_a_damage_fit_it(open_page: Open, kind: str) -> None:
    app = open_page("denoise", model="mnist-16d")
    methods = {one["name"]: one for one in given(app)["methods"]}
    rows = default_rows(app, kind)
    assert 2 <= len(rows) <= 3
    assert methods[rows[0]]["family"] == "classical"
    assert "one-pass:mnist-16d" in rows
    assert all(kind in methods[name]["kinds"] for name in rows)
    assert not any(methods[name]["isSlow"] for name in rows)


def test_every_method_that_is_offered_is_found_by_the_server(open_page: Open) -> None:
    app = open_page("denoise", model="mnist-16d")
    for one in given(app)["methods"]:
        method, choice = restoring.find(one["name"], "mnist")
        assert (method.name, method.family) == (one["name"], one["family"])
        assert (choice is None) == (":" not in one["name"])


def test_a_reload_finds_everything_that_was_shown(open_page: Open) -> None:
    shown = {
        "damage": "half",
        "level": "0.35",
        "images": "5",
        "noise_seed": "7",
        "methods": "median,one-pass:digits-2d",
        "picture": "3",
        "shown": "median",
        "errors": "signed",
    }
    app = open_page("denoise", **shown)
    at = given(app)["at"]
    assert at == {
        "kind": "half",
        "level": 0.35,
        "images": 5,
        "noise": 7,
        "rows": ["median", "one-pass:digits-2d"],
        "picture": 3,
        "shown": "median",
        "errors": "signed",
        "hidden": None,
    }
    assert {name: app.query_params[name] for name in shown} == shown


@pytest.mark.parametrize(
    "query",
    [
        {"damage": "rain"},
        {"damage": "gaussian", "level": "2"},
        {"damage": "down-sample", "level": "3"},
        {"level": "nan"},
        {"level": "1e999"},
        {"images": "-1"},
        {"images": "9" * 400},
        {"noise_seed": "1.5"},
        {"methods": "rm -rf,../../etc/passwd,one-pass:../x"},
        {"picture": "16"},
        {"shown": "<script>"},
        {"errors": "loud"},
        {"damage": "scribble", "level": "0.3", "hidden": "zz"},
        {"damage": "scribble", "level": "0.3", "hidden": "00" * 7},
        {"hidden": "00" * 8},
    ],
)
def test_an_address_that_asks_for_nonsense_gets_the_default(
    open_page: Open, query: dict[str, str]
) -> None:
    app = open_page("denoise", **query)
    assert not app.error
    at = given(app)["at"]
    kind = query["damage"] if query.get("damage") in ("scribble",) else "gaussian"
    default = restoring_setting.Setting(kind=kind, level=CORRUPTIONS[kind].levels.default)
    assert at == default.model_dump()


def test_what_the_script_says_is_kept_and_put_into_the_address(open_page: Open) -> None:
    app = open_page("denoise")
    at = given(app)["at"] | {"kind": "blur", "level": 0.2, "images": 4}
    app.session_state["lab"] = {"at": at}
    app.run()
    assert given(app)["at"] == at
    assert (app.query_params["damage"], app.query_params["images"]) == ("blur", "4")


def test_a_scribble_by_hand_is_kept_for_pictures_of_its_size_alone(open_page: Open) -> None:
    mask = "ff" + "00" * 7
    query = {"damage": "scribble", "level": "0.3", "hidden": mask}
    assert given(open_page("denoise", **query))["at"]["hidden"] == mask
    assert given(open_page("denoise", model="mnist-16d", **query))["at"]["hidden"] is None


@pytest.mark.usefixtures("without_data")
def test_drawn_digits_stand_in_for_mnist_and_say_so(open_page: Open) -> None:
    app = open_page("denoise", model="mnist-16d")
    assert "drawn by this program" in text(app)
    assert app.button(key="get_data").label == "Get MNIST"
    assert given(app)["dataset"] == "mnist"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.09, 0.01, "U-Net restorer brings the digit 3.0 times closer to the original"),
        (0.4, 0.001, "brings the digit 20 times closer"),
        (0.9, 0.00001, "more than 100 times closer"),
        (0.01, 0.04, "takes the digit 2.0 times farther from the original: here restoring does"),
        (0.01, 0.0101, "U-Net restorer brings the digit no closer to the original"),
        (0.01, 0.0, "brings the original digit back, to the last pixel"),
        (0.0, 0.2, "Nothing is damaged here"),
    ],
)
def test_closeness_is_the_ratio_of_distances(before: float, after: float, said: str) -> None:
    assert said in closer(before, after, "U-Net restorer", "digit")


def known(height: int = 28, width: int = 28, **missing: slice) -> torch.Tensor:
    mask = torch.ones(1, height, width, dtype=torch.bool)
    mask[:, missing.get("rows", slice(None)), missing.get("columns", slice(None))] = False
    return mask


@pytest.mark.parametrize(
    ("mask", "said"),
    [
        (known(rows=slice(14, None)), "the lower half"),
        (known(rows=slice(21, None)), "the lower 25 %"),
        (known(rows=slice(2, 9), columns=slice(1, 8)), "the part in the upper left"),
        (known(rows=slice(18, 26), columns=slice(10, 18)), "the part at the bottom"),
        (known(rows=slice(10, 18), columns=slice(19, 27)), "the part at the right"),
        (known(rows=slice(10, 18), columns=slice(10, 18)), "the part in the middle"),
        (known(), "all of it"),
    ],
)
def test_missing_pixels_are_told_by_where_they_lie(mask: torch.Tensor, said: str) -> None:
    assert region(mask) == said


def test_pixels_missing_all_over_are_counted() -> None:
    mask = torch.rand(1, 28, 28, generator=torch.Generator().manual_seed(0)) > 0.3
    share = round(100 * float((~mask).float().mean()))
    assert region(mask) == f"what was hidden, {share} % of the picture,"
    assert region(torch.ones(1, 8, 8, dtype=torch.bool)) is None


def test_a_thin_line_is_no_part_of_a_picture() -> None:
    mask = torch.ones(1, 28, 28, dtype=torch.bool)
    mask[0, torch.arange(2, 10), torch.arange(2, 10)] = False
    assert region(mask) == "what was hidden in the upper left"


def test_a_model_invents_what_a_filter_fills_in() -> None:
    mask = known(rows=slice(14, None))
    said = {
        family: of_picture(0.04, 0.01, "It", "digit", mask, family)
        for family in ("model", "champion", "classical")
    }
    assert said["model"] == said["champion"]
    assert said["model"].endswith("closer to the original; the lower half is invented.")
    assert said["classical"].endswith("the lower half is filled in from the pixels around.")


def test_a_digit_that_reads_as_another_now_is_no_success() -> None:
    said = of_picture(0.04, 0.01, "It", "digit", None, "model", "8")
    assert said.endswith("2.0 times closer to the original; the digit now reads as an 8.")
    assert "reads" not in of_picture(0.0, 0.01, "It", "digit", None, "model", "8")
    missing = of_picture(0.04, 0.01, "It", "digit", known(rows=slice(14, None)), "model", "8")
    assert missing.endswith("the lower half is invented.")


def test_a_filter_that_does_nothing_is_not_what_beats_a_model() -> None:
    results = [
        Result("Median filter", "classical", 22.8, is_idle=True),
        Result("mnist-2d", "champion", 19.8),
    ]
    said = remarks(22.8, False, results, "gaussian")
    assert said[0] == (
        "Here leaving the pictures as they are beats mnist-2d (PSNR 22.8 against 19.8 dB)."
    )
    assert len(said) == 2  # that, and that models invent


def outcome(app: AppTest, damaged: float, median: float, trained: float, clean: float) -> str:
    """What is said of these PSNRs."""
    offered = app.session_state["offered"]
    results = [
        Result("Median filter", "classical", median),
        Result("mnist-16d", "model", clean, offered["mnist-16d"]),
        Result("mnist-denoise-16d", "model", trained, offered["mnist-denoise-16d"]),
    ]
    return " ".join(remarks(damaged, False, results, "gaussian"))


def test_the_remarks_follow_the_numbers(open_page: Open) -> None:
    app = open_page("denoise", model="mnist-16d")
    assert "not for this, and still scores best here" in outcome(app, 10, 11, 12, 13)
    lower = "mnist-16d was trained on clean pictures, not for this, and scores lower than"
    assert lower in outcome(app, 10, 11, 13, 12)
    beats = "Here the simple median filter beats mnist-16d (PSNR 12.5 against 12.0 dB)."
    assert beats in outcome(app, 10, 12.5, 13, 12)
    assert "beats mnist-16d and mnist-denoise-16d" in outcome(app, 10, 14, 13, 12)
    said = outcome(app, 14, 11, 12, 13)
    assert "nothing here beats leaving the pictures" in said
    assert "A model invents plausible detail" in said
    assert "beats leaving" not in outcome(app, 10, 11, 12, 13)


def test_who_was_trained_for_another_damage_is_told_of(open_page: Open) -> None:
    offered = open_page("denoise", model="mnist-16d").session_state["offered"]
    result = Result("mnist-denoise-16d", "model", 12.0, offered["mnist-denoise-16d"])
    assert (
        "was trained to remove Gaussian noise, not this" in remarks(9, False, [result], "blur")[0]
    )


def test_no_damage_at_all_is_said() -> None:
    result = Result("Median filter", "classical", 20.0)
    (said,) = remarks(100.0, True, [result], "gaussian")
    assert said.startswith("There is no damage")


def test_a_conditional_model_is_said_to_be_told(open_page: Open) -> None:
    offered = open_page("denoise").session_state["offered"]
    result = Result("digits-cvae-2d", "model", 12.0, offered["digits-cvae-2d"])
    said = " ".join(remarks(9, False, [result], "gaussian"))
    assert "digits-cvae-2d is told the class of each picture" in said
