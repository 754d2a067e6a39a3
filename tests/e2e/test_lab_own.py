"""One's own pictures in the lab: brought, prepared before one's eyes, restored."""

import base64
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page, expect

from tests.e2e.denoising import open_lab, row
from tests.e2e.drawing import SEVEN
from tests.e2e.sliding import drawn
from tests.unit.test_pictures import as_file, written
from vae_core import damage, load_dataset
from vae_core.pictures import prepare
from vae_core.restoration import classical_methods, compare

MODEL = "model=digits-denoise-16d"
CARD = ".vl-own-list > li"
CAMERA = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
  const context = canvas.getContext("2d");
  context.fillStyle = "#eee";
  context.fillRect(0, 0, 320, 240);
  context.fillStyle = "#222";
  context.fillRect(140, 40, 40, 160);
  setInterval(() => context.fillRect(140, 40, 40, 160), 50);
  window.stream = canvas.captureStream(20);
  navigator.mediaDevices.getUserMedia = async () => window.stream;
}"""
SLOW_CAMERA = """() => {
  const asked = [];
  window.streams = [];
  window.allow = () => asked.splice(0).forEach((answer) => {
    window.streams.push(document.createElement("canvas").captureStream(20));
    answer(window.streams.at(-1));
  });
  HTMLMediaElement.prototype.play = async () => {}; // an empty canvas sends no picture
  navigator.mediaDevices.getUserMedia = () => new Promise((answer) => asked.push(answer));
}"""
ALL_ENDED = """() => window.streams.length > 0 && window.streams.every(
  (stream) => stream.getTracks().every((track) => track.readyState === "ended"))"""
PASTE = """([name, text]) => {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.codePointAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: "image/png" }));
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true });
  document.body.dispatchEvent(event);
}"""
DROP = """([selector, files]) => {
  const data = new DataTransfer();
  for (const [name, text] of files) {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.codePointAt(0));
    data.items.add(new File([bytes], name));
  }
  const target = document.querySelector(selector);
  target.dispatchEvent(new DragEvent("dragover", { dataTransfer: data, bubbles: true }));
  target.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


def text_of(content: bytes) -> str:
    return base64.b64encode(content).decode()


def file(name: str, content: bytes) -> Any:
    return {"name": name, "mimeType": "image/png", "buffer": content}


def open_own(page: Page, address: str) -> None:
    open_lab(page, address, MODEL)
    page.locator(".vl-lab-own summary").click()


def choose(page: Page, *files: Any) -> None:
    page.locator(".vl-own input[type=file]").first.set_input_files(list(files))


def clean_row(page: Page, num: int) -> np.ndarray:
    """The pictures that the lab restores, (num, 8, 8), 0 to 255."""
    strip = row(page, "clean").locator("canvas").first
    expect(strip).to_have_js_property("width", num * 9 - 1)
    shown = np.pad(drawn(strip), ((0, 0), (0, 1)))
    return shown.reshape(8, num, 9).transpose(1, 0, 2)[:, :, :8]


def steps(page: Page, card: int = 0) -> list[str]:
    return page.locator(CARD).nth(card).locator(".vl-own-steps span").all_inner_texts()


def test_a_photograph_is_prepared_step_by_step_and_restored_in_place_of_the_test_pictures(
    page: Page, address: str
) -> None:
    content = as_file(written(30), "JPEG", quality=95)
    open_own(page, address)
    choose(page, file("seven.jpg", content), file("copy.png", as_file(written(50))))
    expect(page.locator(f"{CARD} .is-last")).to_have_count(2)
    expected = [prepare(content, "digits"), prepare(as_file(written(50)), "digits")]
    for card, prepared in enumerate(expected):
        assert steps(page, card) == [step.words for step in prepared.steps]
    shown = clean_row(page, 2)
    wanted = torch.cat([prepared.picture for prepared in expected])
    np.testing.assert_array_equal(shown, (wanted[:, 0] * 255).round().byte().numpy())
    wanted = (wanted * 255).round() / 255  # as the page sends them
    damaged = damage(wanted, "gaussian", 0.5, torch.Generator().manual_seed(0))
    median = compare([classical_methods("digits")["median"]], wanted, damaged)["median"]
    number = row(page, "median").locator(".vl-lab-number").first
    expect(number).to_contain_text(f"{float(median.psnr_db.mean()):.2f}")
    expect(page.get_by_role("button", name="New images", exact=True)).to_be_disabled()
    expect(page.locator(".vl-lab-said p").first).to_contain_text("the picture ")
    expect(page.locator(".vl-own-use")).to_contain_text("each counts as a clean original")
    expect(page.locator(".vl-own-use code")).to_have_text("python -m vae_core denoise")
    page.locator(".vl-own-use input").uncheck()
    data, order = load_dataset("digits").test, torch.Generator().manual_seed(0)
    chosen = torch.randperm(len(data), generator=order)[:8]
    pixels = (data.batch(chosen).x[:, 0] * 255).round().byte().numpy()
    np.testing.assert_array_equal(clean_row(page, 8), pixels)


def test_one_can_be_prepared_another_way_taken_out_and_all_cleared(
    page: Page, address: str
) -> None:
    open_own(page, address)
    content = as_file(written(30))
    choose(page, file("one.png", content), file("two.png", content))
    expect(page.locator(f"{CARD} .is-last")).to_have_count(2)
    first = page.locator(CARD).first
    first.get_by_role("radio", name="As it is").check(force=True)
    expect(first.locator(".is-last span")).to_contain_text("made smaller, area by area")
    plain = prepare(content, "digits", "plain")
    assert steps(page) == [step.words for step in plain.steps]
    first.get_by_role("button", name="Invert").click()
    expect(first.locator(".vl-own-steps > li")).to_have_count(len(plain.steps) - 1)
    expect(first.get_by_role("radio", name="As it is")).to_be_checked()
    as_asked = prepare(content, "digits", "plain", is_inverted=False).picture
    expect(row(page, "clean").locator("canvas").first).to_have_js_property("width", 17)
    page.wait_for_function(
        """(level) => {
          const canvas = document.querySelector('tr[data-method="clean"] canvas');
          return canvas.getContext("2d").getImageData(0, 0, 1, 1).data[0] === level;
        }""",
        arg=int((as_asked[0, 0, 0, 0] * 255).round()),
    )
    first.get_by_role("button", name="Remove one.png").click()
    expect(page.locator(CARD)).to_have_count(1)
    clean_row(page, 1)
    page.locator(".vl-own").get_by_role("button", name="Clear all").click()
    expect(page.locator(CARD)).to_have_count(0)
    clean_row(page, 8)


def test_a_bad_file_says_why_and_the_others_stay(page: Page, address: str) -> None:
    open_own(page, address)
    name = "<img src=x onerror=alert(1)>.png"
    choose(page, file(name, b"no picture"), file("good.png", as_file(written(30))))
    expect(page.locator(f"{CARD} .is-last")).to_have_count(1)
    bad = page.locator(CARD).first
    expect(bad).to_contain_text("This file cannot be read as a picture; expected PNG")
    expect(bad.locator("b")).to_have_text(name)
    expect(bad.locator(".vl-own-ways")).to_be_hidden()
    expect(page.locator(CARD).nth(1).locator(".vl-own-ways")).to_be_visible()
    expect(page.locator(".vl-own")).to_contain_text("gone once this page is reloaded")
    clean_row(page, 1)
    choose(page, file("large.png", bytes(10 * 2**20 + 1)))
    expect(page.locator(CARD).nth(2)).to_contain_text("larger than 10 MiB")
    many = [file(f"{place}.png", as_file(written(30))) for place in range(14)]
    choose(page, *many)
    expect(page.locator(CARD)).to_have_count(16)
    expect(page.locator(".vl-own-note")).to_contain_text("16 pictures at most; left out: 13.png")


def test_pictures_are_dropped_and_pasted(page: Page, address: str) -> None:
    open_own(page, address)
    content = text_of(as_file(written(30)))
    page.evaluate(DROP, [".vl-own", [["a.png", content], ["b.png", content]]])
    expect(page.locator(f"{CARD} .is-last")).to_have_count(2)
    page.evaluate(PASTE, ["c.png", content])
    expect(page.locator(f"{CARD} .is-last")).to_have_count(3)
    page.locator(".vl-lab-own summary").click()  # what is not seen takes nothing
    page.evaluate(PASTE, ["d.png", content])
    page.wait_for_timeout(300)
    expect(page.locator(CARD)).to_have_count(3)


def test_a_drawing_is_laid_in_the_frame_and_stays_when_another_model_restores_it(
    page: Page, address: str
) -> None:
    open_own(page, address)
    page.get_by_role("button", name="Draw", exact=True).click()
    box = page.locator(".vl-own .vl-pad").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in SEVEN[0]]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Add the drawing").click()
    expect(page.locator(f"{CARD} .is-last span")).to_contain_text("8 pixels, centred")
    shown = clean_row(page, 1)[0]
    assert shown[0].mean() > 60  # the bar of a seven
    assert shown[5:, 6:].max() == 0
    assert {round(level * 16 / 255, 6) for level in np.unique(shown).tolist()} <= {
        round(round(level * 255 / 16) * 16 / 255, 6) for level in range(17)
    }
    page.get_by_role("button", name="Draw", exact=True).click()
    expect(page.locator(".vl-own .vl-pad")).to_be_hidden()


def test_a_photo_comes_from_the_camera_and_the_camera_is_given_back(
    page: Page, address: str
) -> None:
    open_own(page, address)
    page.evaluate(CAMERA)
    page.get_by_role("button", name="Camera", exact=True).click()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator(f"{CARD} .is-last")).to_have_count(1)
    expect(page.locator(f"{CARD} b")).to_have_text("Photo 1")
    shown = clean_row(page, 1)[0]
    assert shown[:, 3:5].mean() > 200  # the bar that it saw, found as ink
    assert shown[:, :2].max() < 40
    page.get_by_role("button", name="Close the camera").click()
    assert page.evaluate("() => window.stream.getTracks().every((t) => t.readyState === 'ended')")


def test_two_presses_start_one_camera_and_it_is_given_back(page: Page, address: str) -> None:
    open_own(page, address)
    page.evaluate(SLOW_CAMERA)
    camera = page.get_by_role("button", name="Camera", exact=True)
    camera.click()
    camera.click()
    page.evaluate("() => window.allow()")
    page.get_by_role("button", name="Close the camera").click()
    assert page.evaluate(ALL_ENDED)
    assert page.evaluate("() => window.streams.length") == 1


@pytest.mark.parametrize("leave", ["page", "panel"])
def test_a_camera_that_is_allowed_too_late_is_given_back(
    page: Page, address: str, leave: str
) -> None:
    open_own(page, address)
    page.evaluate(SLOW_CAMERA)
    page.get_by_role("button", name="Camera", exact=True).click()
    expect(page.locator(".vl-own")).to_contain_text("Waiting for the camera")
    if leave == "page":
        page.get_by_role("link", name="Sliders", exact=True).click()
        expect(page.locator(".vl-denoise")).to_have_count(0)
    else:
        page.locator(".vl-lab-own summary").click()
    page.evaluate("() => window.allow()")
    page.wait_for_function(ALL_ENDED)
    if leave == "panel":
        page.locator(".vl-lab-own summary").click()
        expect(page.get_by_role("button", name="Take the photo")).to_be_hidden()
        page.get_by_role("button", name="Camera", exact=True).click()
        page.evaluate("() => window.allow()")
        expect(page.get_by_role("button", name="Take the photo")).to_be_visible()
        page.locator(".vl-lab-own summary").click()
        page.wait_for_function(ALL_ENDED)


@pytest.mark.parametrize("problem", ["NotAllowedError", "NotFoundError"])
def test_a_camera_that_is_refused_says_what_to_do(page: Page, address: str, problem: str) -> None:
    open_own(page, address)
    page.evaluate(
        """(name) => {
          navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException("no", name);
          };
        }""",
        problem,
    )
    page.get_by_role("button", name="Camera", exact=True).click()
    said = {"NotAllowedError": "did not allow the camera", "NotFoundError": "No camera was found"}
    expect(page.locator(".vl-own")).to_contain_text(said[problem])


def test_over_plain_http_the_page_says_why_there_is_no_camera(
    browser: Browser, address: str
) -> None:
    context = browser.new_context(viewport={"width": 1024, "height": 768})
    context.add_init_script(
        "Object.defineProperty(window, 'isSecureContext', { value: false });"
        "Object.defineProperty(navigator, 'mediaDevices', { value: undefined });"
    )
    page = context.new_page()
    page.set_default_timeout(30_000)
    open_own(page, address)
    expect(page.get_by_role("button", name="Camera", exact=True)).to_be_disabled()
    expect(page.locator(".vl-own-absent")).to_contain_text("over https or from this computer")
    context.close()
