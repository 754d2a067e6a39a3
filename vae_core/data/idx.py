"""Files in IDX format, as MNIST and its look-alikes come in.

torchvision reads them too, and brings a compiler with it: a second and 160 MB in every process that
trains. Its mirrors and checksums are used where something is fetched.
"""

import math
from pathlib import Path

import numpy as np

UNSIGNED_BYTES = 0x08
SIZE_BYTES = 4


def read_idx(path: Path) -> np.ndarray:
    """Read an array of unsigned bytes.

    Two zero bytes, the type, the number of dimensions, each size as a big-endian 32-bit number,
    then the values, the last index fastest (LeCun, Cortes & Burges, "The MNIST database").

    Returns:
        uint8 of the shape that the file names.

    Raises:
        ValueError: when it is another format, or is cut short or too long.
        OSError: when it cannot be read.
    """
    content = np.fromfile(path, np.uint8)
    if len(content) < SIZE_BYTES or content[:3].tolist() != [0, 0, UNSIGNED_BYTES]:
        raise ValueError(f"{path.name} does not begin as an IDX file of bytes does")
    start = SIZE_BYTES * (1 + int(content[3]))
    shape = [int(size) for size in content[SIZE_BYTES:start].view(">u4")]
    if len(content) < start or len(content) - start != math.prod(shape):
        what = " x ".join(map(str, shape))
        raise ValueError(f"{path.name} holds {len(content):,} bytes, but says {what} values")
    return content[start:].reshape(shape)
