"""The description beside the weights."""

from datetime import datetime
from pathlib import Path

from vae_core.config import RunConfig
from vae_core.data import Dataset
from vae_core.record import RunRecord, read_record, write_record


def test_a_description_comes_back_as_it_was(
    tmp_path: Path, tiny: Dataset, tiny_config: RunConfig
) -> None:
    record = RunRecord(
        id="abcdefgh",
        status="paused",
        config=tiny_config,
        spec=tiny.spec,
        latent_quantiles=((-1.0, 0.0, 1.0),),
        kl_per_dim=(0.5,),
    )
    write_record(tmp_path, record)
    assert read_record(tmp_path) == record
    assert datetime.fromisoformat(record.created_at).tzinfo is not None


def test_a_run_is_titled_by_its_name_or_its_data_and_id(
    tiny: Dataset, tiny_config: RunConfig
) -> None:
    record = RunRecord(id="abcdefgh", status="queued", config=tiny_config, spec=tiny.spec)
    assert record.title == "digits abcdef"
    assert record.evolve(name="my map").title == "my map"
