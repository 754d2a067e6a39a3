"""How the pictures of a data set lie in their frame: new ones are laid in the same way."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Framing:
    """Where the ink of a grey picture lies, in pixels of the picture.

    Attributes:
        box: the longer side of what holds the ink.
        pen: how wide a stroke is drawn.
        by_mass: whether the ink's centre of mass lies in the middle, or the middle of its box.
        middle: where that middle is, from the left and the top, as a share of the side.
    """

    box: float
    pen: float
    by_mass: bool = False
    middle: float = 0.5


# MNIST's authors scale to a box of 20 and put the centre of mass on pixel 14 of 0 to 27 (LeCun et
# al. 1998); the pen is as wide as makes drawn digits have the data's mean ink, 0.13.
MNIST_FRAMING = Framing(box=20, pen=2.8, by_mass=True, middle=14.5 / 28)
# All of scikit-learn's digits fill the height of 8; drawn with this pen their mean ink is 0.31.
DIGITS_FRAMING = Framing(box=8, pen=1.5)
# Clothes and characters fill the frame.
FULL_FRAMING = Framing(box=28, pen=2.8)
