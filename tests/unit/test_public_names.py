"""The surface of the library is on purpose."""

import subprocess
import sys

import pytest

import vae_core


@pytest.mark.parametrize("name", vae_core.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert hasattr(vae_core, name)


def test_importing_the_library_prints_nothing_and_loads_no_user_interface() -> None:
    code = "import sys, vae_core; sys.exit(any(m in sys.modules for m in ('streamlit', 'plotly')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
