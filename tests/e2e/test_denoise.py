import torch
from playwright.sync_api import Page, expect

from tests.e2e.stage import settle, until
from vae_core import catalogue, compare_denoising, load_checkpoint, load_dataset

NUM_IMAGES = 8


def shown_numbers(page: Page, row: str) -> tuple[str, str]:
    cells = page.locator(f"tr.row-{row} td.num")
    return tuple(text.split()[0] for text in cells.all_inner_texts())


def test_another_noise_level_shows_the_psnr_that_the_library_computes(
    page: Page, address: str
) -> None:
    page.goto(f"{address}/denoise?images=3&noise_seed=7")
    settle(page)
    page.wait_for_selector("tr.row-noisy td.num")
    before = shown_numbers(page, "noisy")
    slider = page.locator("input[type=range]").first
    slider.focus()
    for _ in range(4):
        slider.press("ArrowLeft")
    level = float(slider.input_value())
    assert level == 0.3

    data = load_dataset("digits").test
    chosen = torch.randperm(len(data), generator=torch.Generator().manual_seed(3))[:NUM_IMAGES]
    names = ("digits-2d", "digits-denoise-16d")
    models = {name: load_checkpoint(catalogue.folder_of(name)).model for name in names}
    results = compare_denoising(models, data.batch(chosen).x, "gaussian", level, seed=7)

    def the_table_shows_the_results() -> None:
        for name, result in results.items():
            expected = (f"{result.psnr_db:.2f}", f"{result.ssim:.3f}")
            assert shown_numbers(page, name.replace(" ", "-")) == expected

    assert f"{results['noisy'].psnr_db:.2f}" != before[0]
    until(page, the_table_shows_the_results)
    expect(page.get_by_text("was trained to remove this kind of noise")).to_be_visible()
