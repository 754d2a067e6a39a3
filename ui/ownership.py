"""Whose a run is: its id grants reading, the browser that started it may change it."""

from ui import listening, state
from vae_core import catalogue
from vae_core.errors import RunError
from vae_core.record import RunRecord
from vae_core.runs import Run

NOT_YOURS = (
    "This run belongs to somebody else; you can watch it, and start your own with its settings."
)


def is_mine(record: RunRecord) -> bool:
    """Say whether this person may change a run.

    A run that nobody has claimed, from the command line or from before runs had owners, belongs to
    whoever sits at the server's own computer and opens it there.
    """
    if record.owner is None:
        return listening.is_from_here()
    return record.owner == state.owner()


def is_anothers(run: Run, record: RunRecord) -> bool:
    """Say whether a run is to be watched only, because of whose it is."""
    return not (catalogue.is_bundled(run.folder) or is_mine(record))


def check(run: Run) -> None:
    """Refuse whoever may not change a run, whatever their page showed or sent.

    Raises:
        RunError: for somebody else's run, or a bundled one.
    """
    if catalogue.is_bundled(run.folder):
        raise RunError("This model comes with VAE Lab and stays as it is; train one of your own.")
    if not is_mine(run.record()):
        raise RunError(NOT_YOURS)
