"""Pictures for people."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from vae_core.errors import InvalidInputError
from vae_core.images import png, tile


def blocks(*values: float, channels: int = 1) -> torch.Tensor:
    """Pictures of 2x3, each of one brightness."""
    return torch.tensor(values)[:, None, None, None].expand(-1, channels, 2, 3)


def test_pictures_are_laid_out_row_by_row_on_black() -> None:
    sheet = tile(blocks(0.2, 0.4, 0.6), columns=2, gap=1)
    expected = np.zeros((5, 7), np.uint8)
    expected[:2, :3], expected[:2, 4:], expected[3:, :3] = 51, 102, 153
    np.testing.assert_array_equal(sheet, expected)


def test_without_a_gap_pictures_touch() -> None:
    sheet = tile(blocks(0.0, 1.0), columns=2)
    assert sheet.tolist() == [[0, 0, 0, 255, 255, 255]] * 2


def test_colours_stay_and_values_are_clipped_and_rounded() -> None:
    picture = torch.tensor([-1.0, 0.5, 2.0])[None, :, None, None].expand(1, 3, 2, 2)
    sheet = tile(picture, columns=4)
    assert sheet.shape == (2, 11 - 3, 3)
    assert sheet[0, 0].tolist() == [0, 128, 255]
    assert not sheet[:, 2:].any()


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 2, 8, 8), (0, 1, 8, 8)])
def test_what_is_not_a_batch_of_pictures_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInputError, match=r"received; expected \(N, 1 or 3, H, W\)"):
        tile(torch.zeros(shape), columns=2)


@pytest.mark.parametrize("channels", [1, 3])
def test_png_comes_back_pixel_for_pixel(channels: int) -> None:
    sheet = tile(blocks(0.1, 0.9, channels=channels), columns=2)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(sheet)))), sheet)
