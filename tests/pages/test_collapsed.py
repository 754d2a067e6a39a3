from collections.abc import Callable

import pytest

from tests.pages.conftest import Open
from tests.pages.reading import text
from ui import cache, picker
from vae_core.record import RunRecord


@pytest.fixture
def collapsed(save_model: Callable[..., RunRecord], monkeypatch: pytest.MonkeyPatch) -> RunRecord:
    monkeypatch.setattr(picker, "COLLAPSED_NATS", 1e9)  # an untrained model's KL is not zero
    return save_model("Collapsed")


@pytest.mark.usefixtures("collapsed")
def test_a_collapsed_model_says_that_its_numbers_carry_nothing(open_page: Open) -> None:
    for page in ("explore", "sliders"):
        assert "puts every picture in one place" in text(open_page(page, model="Collapsed"))


def test_a_model_whose_numbers_carry_something_is_not_called_collapsed(open_page: Open) -> None:
    for model in ("digits-2d", "digits-denoise-16d", "digits-ae-2d"):
        assert "puts every picture in one place" not in text(open_page("explore", model=model))


def test_a_vaes_map_shows_at_least_where_its_prior_lies(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    save_model("Small")
    app = open_page("explore", model="Small")
    found = app.session_state["offered"][app.selectbox(key="model").value]
    assert cache.map_view(found.key, (0, 1)).limit >= 3.0
