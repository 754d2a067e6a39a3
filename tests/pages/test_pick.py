"""Which picture a page picks by itself."""

from pathlib import Path

import pytest

from ui import cache, latent_map
from vae_core.data import Dataset


def test_a_data_set_that_arrives_later_changes_what_is_picked(
    mnist: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = cache.key_of("mnist-2d")
    assert key is not None
    with monkeypatch.context() as without:
        without.setenv("VAELAB_DATA", str(tmp_path / "empty"))
        blind = latent_map.default_pick(key, (0, 1))
    seen = latent_map.default_pick(key, (0, 1))
    assert seen != blind
    assert latent_map.default_pick(key, (0, 1)) == seen
