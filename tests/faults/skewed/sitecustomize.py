"""Python reads this at its start where its folder is in PYTHONPATH: a clock that a file puts wrong.

`SKEW_FILE` names a file with a number of seconds; whoever asks for the time of day in this process,
or in one that it starts, gets it so much later. A computer's real clock cannot be put without
rights over the whole computer. Clocks that only go on (`time.monotonic`) go on, as they do when a
real one jumps.
"""

import os
import time
from pathlib import Path

_real, _file = time.time, Path(os.environ["SKEW_FILE"])


def _skewed() -> float:
    return _real() + float(_file.read_text())


time.time = _skewed
