"""The description beside the weights."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from vae_core.config import RunConfig
from vae_core.data import Dataset
from vae_core.errors import InvalidConfigError
from vae_core.record import RunRecord, read_record, write_record


def test_a_description_comes_back_as_it_was(
    tmp_path: Path, tiny: Dataset, tiny_config: RunConfig
) -> None:
    record = RunRecord(
        id="abcdefgh",
        status="paused",
        config=tiny_config,
        spec=tiny.spec,
        latent_quantiles=((-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0), (0.0,) * 7),
        error_quantiles=(0.0, 0.1, 0.1, 0.2, 0.3, 0.4, 0.5),
        kl_per_dim=(0.5, 0.0),
    )
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert datetime.fromisoformat(record.created_at).tzinfo is not None


SEVEN = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"latent_quantiles": ((0.0,),)},
        {"latent_quantiles": (SEVEN,)},
        {"latent_quantiles": (SEVEN, SEVEN[::-1])},
        {"error_quantiles": SEVEN * 2},
        {"error_quantiles": SEVEN[::-1]},
        {"kl_per_dim": (1.0,)},
        {"kl_per_dim": (1.0, 1.0, 1.0)},
    ],
)
def test_what_was_measured_of_another_model_is_refused_by_name(
    tiny: Dataset, tiny_config: RunConfig, wrong: dict[str, Any]
) -> None:
    record = RunRecord(id="abcdefgh", status="finished", config=tiny_config, spec=tiny.spec)
    with pytest.raises(InvalidConfigError, match=rf"{next(iter(wrong))}: .* expected"):
        record.evolve(**wrong)


def test_an_autoencoder_has_no_kl(tiny: Dataset, tiny_config: RunConfig) -> None:
    config = tiny_config.evolve(model=tiny_config.model.evolve(posterior="point"))
    record = RunRecord(id="abcdefgh", status="finished", config=config, spec=tiny.spec)
    with pytest.raises(InvalidConfigError, match="0 numbers are expected"):
        record.evolve(kl_per_dim=(1.0, 1.0))


def test_a_run_is_titled_by_its_name_or_its_data_and_id(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    record = RunRecord(id="abcdefgh", status="queued", config=tiny_config, spec=tiny.spec)
    assert record.title == "digits abcdef"
    assert record.evolve(name="my map").title == "my map"
