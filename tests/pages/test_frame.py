from collections.abc import Callable

from tests.pages.conftest import Open
from tests.pages.reading import text
from vae_core import runs
from vae_core.checkpoints import MODEL_FILE
from vae_core.record import RunRecord


def test_the_app_opens_with_the_embedded_model(open_page: Open) -> None:
    app = open_page("explore")
    assert app.selectbox(key="model").value == "digits-2d"
    assert app.selectbox(key="model").options[0] == "digits-2d"


def test_the_model_in_the_address_follows_to_every_page(open_page: Open) -> None:
    for page in ("explore", "sliders", "denoise"):
        assert open_page(page, model="mnist-2d").selectbox(key="model").value == "mnist-2d"


def test_an_unknown_model_in_the_address_is_said_and_replaced(open_page: Open) -> None:
    app = open_page("explore", model="digits-9d")
    assert "'digits-9d' is not here" in app.warning[0].value
    assert "1,797 images" in text(app)
    app.selectbox(key="model").select("digits-ae-2d").run()
    assert not app.warning


def test_a_saved_run_can_be_chosen_by_its_name(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("My first model")
    app = open_page("explore", model="My first model")
    assert app.selectbox(key="model").value == record.id
    assert not app.error


def test_a_damaged_run_gives_a_message_and_no_traceback(
    open_page: Open, save_model: Callable[..., RunRecord]
) -> None:
    record = save_model("Broken")
    (runs.runs_root() / record.id / MODEL_FILE).write_bytes(b"not a safetensors file")
    for page in ("explore", "sliders", "denoise"):
        app = open_page(page, model="Broken")
        assert "cannot be read as safetensors" in app.error[0].value
