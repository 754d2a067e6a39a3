"""Two models held against each other: what may be ranked, and what must not."""

import pytest

from vae_core import RECIPES
from vae_core.comparison import Row, compare
from vae_core.config import RunConfig
from vae_core.data import dataset_entry
from vae_core.metrics.readability import Readable
from vae_core.record import RunRecord, Summary


def record(
    config: RunConfig = RECIPES["digits-2d"], fingerprint: str = "a", **values: object
) -> RunRecord:
    usual: dict[str, object] = {
        "elbo_nats": -24.0, "recon_nats": 20.0, "kl_nats": 4.0, "mse": 0.03, "psnr_db": 16.0,
        "ssim": 0.85, "knn_accuracy": 0.9, "num_images": 300, "split": "test",
    }  # fmt: skip
    return RunRecord(
        id="x",
        status="finished",
        config=config,
        spec=dataset_entry(config.dataset).spec,
        data_fingerprint=fingerprint,
        summary=Summary.parse(usual | values),
    )


def rows(first: RunRecord, second: RunRecord, *shares: Readable | None) -> dict[str, Row]:
    return {row.name: row for row in compare((first, second), shares or (None, None))}


def changed(**changes: object) -> RunConfig:
    config = RECIPES["digits-2d"]
    return config.evolve(model=config.model.evolve(**changes))


def test_the_better_value_is_the_higher_or_the_lower_one_as_the_metric_says() -> None:
    found = rows(record(), record(elbo_nats=-25.0, mse=0.02, ssim=0.8, psnr_db=16.0, kl_nats=1.0))
    better = {name: found[name].better for name in ("elbo_nats", "mse", "ssim", "psnr_db")}
    assert better == {"elbo_nats": "first", "mse": "second", "ssim": "first", "psnr_db": None}
    assert found["kl_nats"].better is None
    assert not any(row.why_not for row in found.values())


def test_values_that_differ_by_less_than_a_hundredth_are_not_ranked() -> None:
    assert rows(record(), record(mse=0.030_2))["mse"].better is None
    assert rows(record(), record(mse=0.030_4))["mse"].better == "first"
    assert rows(record(), record(elbo_nats=-24.2))["elbo_nats"].better is None
    assert rows(record(mse=1e-7), record(mse=2e-7))["mse"].better is None  # shown alike


def test_bounds_of_different_likelihoods_are_never_ranked() -> None:
    found = rows(record(), record(changed(likelihood="gaussian"), elbo_nats=-1.0, recon_nats=0.1))
    for name in ("elbo_nats", "recon_nats"):
        assert found[name].better is None
        assert "likelihoods differ" in found[name].why_not
    assert found["mse"].why_not == ""


def test_an_autoencoder_has_no_bound_and_its_reconstruction_is_without_spread() -> None:
    auto = record(changed(posterior="point"), elbo_nats=None, kl_nats=None, recon_nats=19.0)
    found = rows(record(), auto)
    assert (found["elbo_nats"].values, found["elbo_nats"].better) == ((-24.0, None), None)
    assert found["recon_nats"].better is None
    assert "without spread" in found["recon_nats"].why_not
    assert "kl_nats" not in rows(auto, auto)


def test_what_one_is_told_and_the_other_is_not_is_not_ranked() -> None:
    found = rows(
        record(), record(RECIPES["digits-cvae-2d"], mse=0.01), Readable(1, 1), Readable(0.9, 1)
    )
    assert "told more" in found["mse"].why_not
    assert "told the class" in found["knn_accuracy"].why_not
    assert found["prior"].better is None


@pytest.mark.parametrize("other", [{"fingerprint": "b"}, {"num_images": 299}, {"split": "val"}])
def test_nothing_is_ranked_that_was_measured_on_other_pictures(other: dict[str, object]) -> None:
    found = rows(record(), record(mse=0.01, **other), Readable(1, 1), Readable(0.5, 0.5))
    assert {row.better for row in found.values()} == {None}
    assert all("other pictures" in row.why_not for row in found.values())


def test_readable_draws_are_ranked_where_a_classifier_reads_both() -> None:
    found = rows(record(), record(), Readable(0.7, 0.7), Readable(0.5, 0.8))
    assert (found["prior"].better, found["fitted"].better) == ("first", "second")
    assert (found["prior"].values, found["prior"].unit) == ((70.0, 50.0), "%")
    assert "prior" not in rows(record(), record())


def test_a_model_without_results_is_shown_without_them() -> None:
    nothing = record().evolve(summary=None)
    assert rows(nothing, nothing) == {}
    assert rows(record(), nothing)["mse"].values == (0.03, None)
