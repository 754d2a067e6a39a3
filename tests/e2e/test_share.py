"""Sharing: an address opened elsewhere shows the same; a model as a file comes back."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from tests.e2e.comparing import decoded, hover, models, open_pair
from tests.e2e.lab import Lab
from tests.e2e.mapping import HERE, open_map, place_on, shows_at, z_at
from tests.e2e.sliding import drawn, open_sliders, shows, slider, values
from tests.e2e.stage import settle, until
from tests.e2e.training import assert_dots_are, start_long_run, stop
from vae_core import catalogue, decode, load_checkpoint, runs
from vae_core.frames import read_frame
from vae_core.runs import Run

MOUNT_SHARE = """async () => {
  const { default: mount } = await import("http://net.test/share.js");
  const data = { title: "one", id: "one", url: "/api/models/one/1" };
  mount({ data, parentElement: document.body });
}"""


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Page]:
    """Another visitor, who knows nothing but an address."""
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    visitor = context.new_page()
    visitor.set_default_timeout(30_000)
    yield visitor
    context.close()


def shared(page: Page) -> str:
    """What Share shows as the address."""
    page.get_by_role("button", name="Share").click()
    return page.get_by_label("Address", exact=True).input_value()


def test_a_place_of_the_map_is_shared_with_pick_and_maths(
    page: Page, elsewhere: Page, address: str
) -> None:
    found = open_map(page, address, "digits-ae-2d", "&pick=7")
    page.get_by_text("Show the maths").click()
    expect(page.locator(".vl-bill")).to_be_visible()
    pixel = place_on(page, 0.7, 0.3)
    page.mouse.move(*pixel)
    z = z_at(page, pixel)
    shows_at(page, HERE, decode(found.model, z))
    elsewhere.goto(shared(page))
    settle(elsewhere)
    shows_at(elsewhere, HERE, decode(found.model, (1000 * z).round() / 1000))
    expect(elsewhere.locator(".vl-bill")).to_be_visible()
    assert "pick=7" in elsewhere.url
    expect(elsewhere.locator(".vl-z").first).to_have_text(page.locator(".vl-z").first.inner_text())


def test_the_axes_of_a_wide_latent_are_shared(page: Page, elsewhere: Page, address: str) -> None:
    open_map(page, address, "mnist-16d")
    page.get_by_text("Two numbers").click()
    expect(page.get_by_text("The map shows two of them")).to_be_visible()
    page.get_by_role("combobox", name="Up").click()
    page.get_by_role("option", name="up: number 3", exact=True).click()
    page.wait_for_function("() => location.search.includes('up_16')")
    elsewhere.goto(shared(page))
    settle(elsewhere)
    expect(elsewhere.get_by_role("combobox", name="Up")).to_have_value("up: number 3")
    expect(elsewhere.get_by_text("The map shows two of them")).to_be_visible()


def test_a_moment_of_a_training_is_shared(
    page: Page, elsewhere: Page, address: str, bundled: Path
) -> None:
    page.goto(f"{address}/train?run=digits-2d")
    thumb = page.get_by_role("slider", name="Moment")
    expect(thumb).to_be_enabled()
    thumb.press("Home")
    for _ in range(4):
        thumb.press("ArrowRight")
    frame = read_frame(Run(bundled / "digits-2d").frame_paths()[4])
    expect(page.locator(".vl-map")).to_have_attribute("data-step", f"{frame.step}")
    elsewhere.goto(shared(page))
    expect(elsewhere.locator(".vl-map")).to_have_attribute("data-step", f"{frame.step}")
    assert_dots_are(elsewhere, torch.from_numpy(frame.means.astype("float32")))


def test_a_moment_that_is_left_is_shared_no_more(page: Page, address: str) -> None:
    page.goto(f"{address}/train?run=digits-2d&model=digits-2d&moment=1516")
    expect(page.locator(".vl-where")).to_contain_text("step 1,516")
    assert "moment=1516" in shared(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Now").click()
    expect(page.locator(".vl-where")).to_have_text("")
    assert "moment" not in shared(page)


def test_a_moment_is_not_shared_with_another_run(page: Page, address: str) -> None:
    page.goto(f"{address}/train?run=digits-2d&model=digits-2d&moment=1516")
    expect(page.locator(".vl-where")).to_contain_text("step 1,516")
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="digits-ae-2d").click()
    page.wait_for_function("() => location.search.includes('run=digits-ae-2d')")
    expect(page.locator(".vl-where")).to_have_text("")
    assert "moment" not in shared(page)
    assert "moment" not in page.url


def test_sliders_are_shared_with_their_pictures_and_way(
    page: Page, elsewhere: Page, address: str
) -> None:
    open_sliders(page, address, "digits-2d")
    for _ in range(9):
        slider(page, 1).press("ArrowRight")
    page.get_by_role("radio", name="Arc").check(force=True)
    page.wait_for_function(
        "() => location.search.includes('way=arc') && location.search.includes('z=')"
    )
    elsewhere.goto(shared(page))
    settle(elsewhere)
    assert values(elsewhere, 2) == values(page, 2)
    expect(elsewhere.get_by_role("radio", name="Arc")).to_be_checked()


def test_what_restores_is_shared(page: Page, elsewhere: Page, address: str) -> None:
    methods = "median,one-pass:digits-2d,one-pass:digits-denoise-16d"
    page.goto(f"{address}/denoise?noise_seed=5&methods={methods}")
    settle(page)
    rows = "tr[data-method]:visible"
    expect(page.locator(rows)).to_have_count(5)
    page.get_by_role("button", name="Put under More methods: digits-denoise-16d").click()
    page.wait_for_function("() => !location.search.includes('digits-denoise-16d')")
    expect(page.locator(rows)).to_have_count(4)
    elsewhere.goto(shared(page))
    settle(elsewhere)
    expect(elsewhere.locator(rows)).to_have_count(4)
    assert "noise_seed=5" in elsewhere.url


def test_a_pair_is_shared(page: Page, elsewhere: Page, address: str) -> None:
    page.goto(f"{address}/compare?model=digits-2d&samples=3")
    settle(page)
    page.get_by_role("combobox", name="Against").click()
    page.get_by_role("option", name="digits-cvae-2d").click()
    expect(page.locator(".vl-compare h3").nth(2)).to_have_text("digits-cvae-2d")
    elsewhere.goto(shared(page))
    expect(elsewhere.locator(".vl-compare h3").nth(2)).to_have_text("digits-cvae-2d")
    assert "samples=3" in elsewhere.url


def test_what_is_compared_is_shared_with_cursor_class_and_what_lies_behind(
    page: Page, elsewhere: Page, address: str
) -> None:
    open_pair(page, address, "model=digits-cvae-2d")
    page.locator(".vl-compare").evaluate("before => before.classList.add('before')")
    page.get_by_role("combobox", name="Class told").click()
    page.get_by_role("option", name="told the class 7").click()
    page.wait_for_function("() => location.search.includes('compare_class')")
    expect(page.locator(".vl-compare:not(.before) .vl-mark-cross path")).to_have_count(4)
    page.get_by_role("radio", name="Pictures").check(force=True)
    z = (1000 * hover(page, 1, (0.8, -1.2))).round() / 1000
    given = shared(page)
    open_pair(elsewhere, given.split("/compare")[0], given.split("?")[1])
    expect(elsewhere.get_by_role("radio", name="Pictures")).to_be_checked()
    expect(elsewhere.get_by_role("combobox", name="Class told")).to_have_value("told the class 7")
    told = {"class": torch.tensor([7])}
    first, second = models("digits-cvae-2d", "digits-2d")
    shows(elsewhere, lambda: drawn(decoded(elsewhere, 0)), decode(first, z, told))
    shows(elsewhere, lambda: drawn(decoded(elsewhere, 1)), decode(second, z))


def test_a_checkpoint_goes_out_and_comes_back_as_a_saved_run(
    page: Page, address: str, runs_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAELAB_RUNS", str(runs_folder))
    found = open_map(page, address, "digits-ae-2d")
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Checkpoint", exact=True).click()
    assert download.value.suggested_filename == "digits-ae-2d.safetensors"
    path = tmp_path / "digits-ae-2d.safetensors"
    download.value.save_as(path)
    chosen = page.locator(".vl-share input[type=file]")
    (tmp_path / "wrong.safetensors").write_bytes(path.read_bytes()[:-5])
    chosen.set_input_files(tmp_path / "wrong.safetensors")
    expect(page.get_by_text("This file is no checkpoint")).to_be_visible()
    chosen.set_input_files(path)
    expect(page.get_by_text("Saved as digits-ae-2d 2")).to_be_visible()
    assert "brought" not in page.url
    settle(page)
    expect(page.get_by_role("combobox", name="Model")).to_have_value("digits-ae-2d 2")
    (record,) = [one for one in runs.saved() if one.name == "digits-ae-2d 2"]
    other = load_checkpoint(catalogue.folder_of(record.id))
    z = torch.tensor([[1.0, 2.0]])
    torch.testing.assert_close(decode(found.model, z), decode(other.model, z))
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_text("there are no kept moments")).to_be_visible()
    runs.delete(runs.open_run(record.id))


def test_on_train_the_files_are_those_of_the_training_on_the_page(page: Page, address: str) -> None:
    page.goto(f"{address}/train?model=digits-2d&run=mnist-2d")
    expect(page.get_by_role("combobox", name="Model")).to_have_value("mnist-2d")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("heading", name="Take mnist-2d away")).to_be_visible()
    page.get_by_role("button", name="Share").click()
    page.get_by_role("combobox", name="Model").click()
    page.get_by_role("option", name="digits-2d", exact=True).click()
    page.wait_for_url("**run=digits-2d**")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("heading", name="Take digits-2d away")).to_be_visible()


def test_a_training_without_a_model_yet_has_no_files(
    page: Page, address: str, runs_folder: Path
) -> None:
    start_long_run(page, address, runs_folder)
    page.get_by_role("button", name="Share").click()
    files = page.locator(".vl-share-row")
    expect(page.get_by_text("This training has no model yet")).to_be_visible()
    expect(files.get_by_role("button", name="Notebook")).to_be_disabled()
    stop(page)
    page.get_by_role("button", name="Share").click()
    expect(files.get_by_role("button", name="Notebook")).to_be_enabled()
    expect(page.get_by_text("This training has no model yet")).to_be_hidden()


def test_this_computers_own_address_comes_with_the_command_that_opens_it(
    page: Page, address: str
) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_map(page, address, "digits-2d")
    assert "pick=" in shared(page)
    expect(page.get_by_role("img", name="The address as a QR code")).to_have_count(0)
    command = page.get_by_label("Command", exact=True).input_value()
    port = address.rsplit(":", 1)[1]
    assert command == f"streamlit run app.py --server.address 0.0.0.0 --server.port {port}"
    page.get_by_role("button", name="Copy: Command").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == command


def test_an_address_that_others_reach_comes_as_a_code(lab: Lab) -> None:
    lab.page.evaluate(MOUNT_SHARE)
    lab.page.get_by_role("button", name="Share").click()
    code = lab.page.get_by_role("img", name="The address as a QR code")
    assert code.get_attribute("src").endswith("text=http%3A%2F%2Fnet.test%2F")
    assert lab.page.get_by_label("Command").count() == 0
    expect(lab.page.get_by_text("Copy")).to_be_hidden()  # no secure page, no clipboard


def test_the_notebook_is_saved(page: Page, address: str) -> None:
    open_map(page, address, "digits-2d")
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Notebook").click()
    assert download.value.suggested_filename == "digits-2d.ipynb"
    assert json.loads(Path(download.value.path()).read_text())["nbformat"] == 4


def test_escape_and_a_click_elsewhere_close_it(page: Page, address: str) -> None:
    open_map(page, address, "digits-2d")
    opener, panel = page.get_by_role("button", name="Share"), page.locator(".vl-share-panel")
    opener.click()
    expect(panel).to_be_visible()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    opener.click()
    page.mouse.click(20, 700)

    def it_is_closed() -> None:
        assert not panel.is_visible()

    until(page, it_is_closed)
