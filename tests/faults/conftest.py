from collections.abc import Iterator

import pytest

from tests.faults.serving import Server, served
from ui.owner import new_token


@pytest.fixture(scope="session")
def token() -> str:
    """Whose the runs are."""
    return new_token()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose workers and folders may be hurt, while it stays."""
    folder = tmp_path_factory.mktemp("house")
    (folder / "runs").mkdir()
    with served(folder / "runs", folder / "server.log") as server:
        yield server
