"""Every page opened by a hostile address: it opens, without a fault, and says what it cannot do."""

from collections.abc import Iterator

import pytest
import streamlit
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hostile.addresses import NAMES, read_by_pages
from tests.hostile.pages import PAGES, opened
from tests.hostile.texts import VALUES

some = settings(derandomize=True, max_examples=6, deadline=None, database=None)
# Of each kind a few: a page takes a tenth of a second, and all would be too many.
TELLING = (
    "a\x00b",
    "../../../../etc/passwd",
    "<script>alert(1)</script>",
    "NaN",
    "-1",
    "9" * 5_000,
    "1e400,1e400",
    "class:" + "9" * 400,
    "-" * 300,
    "\U0001f600" * 1_000,
)


@pytest.fixture(autouse=True, scope="module")
def forgotten() -> Iterator[None]:
    yield
    streamlit.cache_resource.clear()


def test_no_parameter_is_without_hostile_cases() -> None:
    """Whoever adds one to a page adds it to `NAMES`."""
    for name in read_by_pages():
        is_part = name.endswith("_") or name == ""
        assert name in NAMES or (is_part and any(one.startswith(name) for one in NAMES)), name


def test_the_text_of_the_program_tells_its_parameters() -> None:
    assert {"model", "moment", "pick", "at", "z", "noise_seed", "other_"} <= read_by_pages()


@pytest.mark.parametrize("value", TELLING)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_whatever_all_its_parameters_say(page: str, value: str) -> None:
    good = {"model": "digits-denoise-16d", "view": "Two numbers", "damage": "scribble"}
    opened(page, **(dict.fromkeys(NAMES, value) | good))


@pytest.mark.parametrize("name", ["model", "view", "damage"])
def test_a_page_opens_whatever_is_to_be_chosen_on_it(name: str) -> None:
    for value in TELLING[::3]:
        opened("denoise" if name == "damage" else "explore", **{name: value})


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_whatever_some_of_its_parameters_say(page: str) -> None:
    values = st.sampled_from(VALUES) | st.text(max_size=30)

    @some
    @given(
        query=st.dictionaries(
            st.sampled_from(NAMES), values | st.lists(values, max_size=3), min_size=1, max_size=5
        ),
        model=st.sampled_from(["digits-2d", "digits-ae-2d", "digits-cvae-2d", "mnist-16d"]),
    )
    def tried(query: dict[str, str | list[str]], model: str) -> None:
        opened(page, **({"model": model} | query))

    tried()


def test_a_page_says_that_what_is_asked_for_is_not_here() -> None:
    said = opened("explore", model="../../etc/passwd").warning[0].value
    assert "is not here" in said
    said = opened("train", run="../../../etc/passwd").warning[0].value
    assert "This run is not here" in said
