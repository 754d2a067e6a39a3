"""Every error that a person can cause, as one small tree.

::

    VAELabError
    ├── UnknownNameError      a registry was asked for a name that it does not hold
    ├── InvalidConfigError    a setting is missing, of the wrong type or out of range
    ├── InvalidInputError     a tensor, image or number has the wrong shape, type or range
    ├── DatasetError          a data set is not on this computer, damaged, or cannot be fetched
    ├── CheckpointError       weights or their description are damaged or foreign
    ├── RunError              a run is not here, half written, or cannot do what was asked
    ├── NotExportableError    a model cannot run in a page
    └── TrainingDivergedError the loss stopped being a finite number

Each text says what was received, what is expected and what to do. Anything else that is raised
is a bug of this library.
"""

from collections.abc import Iterable

MAX_ECHO = 80  # letters of what was received that an error repeats


def shortened(text: str) -> str:
    """What was received, as an error repeats it: its beginning, where it is long."""
    return text if len(text) <= MAX_ECHO else f"{text[:MAX_ECHO]}\N{HORIZONTAL ELLIPSIS}"


class VAELabError(Exception):
    """Base of all errors whose text is meant for the person at the keyboard."""


class UnknownNameError(VAELabError):
    """A registry was asked for a name that it does not hold."""

    def __init__(self, kind: str, received: str, expected: Iterable[str]) -> None:
        names = ", ".join(sorted(expected)) or "none yet"
        super().__init__(f"Unknown {kind} {shortened(repr(received))}. Expected one of: {names}.")


class InvalidConfigError(VAELabError):
    """A setting is missing, of the wrong type or out of range."""


class InvalidInputError(VAELabError):
    """A tensor, image or number has the wrong shape, type or range."""


class DatasetError(VAELabError):
    """A data set is not on this computer, damaged, or cannot be fetched."""


class CheckpointError(VAELabError):
    """Weights or their description are damaged or foreign."""


class RunError(VAELabError):
    """A run is not here, half written, or cannot do what was asked."""


class NotExportableError(VAELabError):
    """A model cannot run in a page: it is too large, or holds what the page does not know."""


class TrainingDivergedError(VAELabError):
    """The loss stopped being a finite number; the model was rolled back.

    Attributes:
        step_from: last step up to which losses and weights were seen to be finite.
        step_to: step at which they were not.
        back_at: step at which the model is again.
    """

    def __init__(self, step_from: int, step_to: int, back_at: int) -> None:
        self.step_from = step_from
        self.step_to = step_to
        self.back_at = back_at
        super().__init__(
            f"The loss stopped being a finite number between steps {step_from} and {step_to}; "
            f"the model is back at step {back_at}. Lower the learning rate or beta, or choose "
            "a smaller model, and start again."
        )
