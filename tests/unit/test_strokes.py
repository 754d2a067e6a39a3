import pytest
import torch

from vae_core.data.strokes import draw_digits
from vae_core.errors import InvalidInputError


@pytest.mark.parametrize("size", [8, 28, 64])
def test_drawn_digits_are_white_on_black_and_repeatable(size: int) -> None:
    drawn = draw_digits(torch.arange(10), size, 0)
    assert drawn.shape == (10, 1, size, size)
    assert 0.0 <= float(drawn.min()) < 0.01
    assert 0.7 < float(drawn.max()) <= 1.0
    assert (drawn.mean((1, 2, 3)) > 0.03).all()
    assert torch.equal(drawn, draw_digits(torch.arange(10), size, 0))
    assert not torch.equal(drawn, draw_digits(torch.arange(10), size, 1))


def test_no_digit_touches_the_edge() -> None:
    drawn = draw_digits(torch.arange(10).repeat(50), 28, 3)
    frame = drawn.clone()
    frame[:, :, 1:-1, 1:-1] = 0
    assert not frame.any()


def test_other_labels_and_sizes_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="outside 0 to 9"):
        draw_digits(torch.tensor([10]), 28, 0)
    with pytest.raises(InvalidInputError, match="expected 8 to 512"):
        draw_digits(torch.tensor([1]), 4, 0)
    assert draw_digits(torch.tensor([], dtype=torch.long), 28, 0).shape == (0, 1, 28, 28)
