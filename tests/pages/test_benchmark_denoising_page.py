"""The benchmark of the Denoise page asks what the page asks, and tells what it measured."""

import json

import pytest

from benchmarks import common, denoising_page
from ui import cache, restoring
from ui.api.restoring import answered


@pytest.mark.parametrize("kind", denoising_page.FILTERS)
def test_the_benchmark_asks_for_the_rows_that_the_page_opens_with(kind: str) -> None:
    models = {name: cache.choice_of(name) for name in denoising_page.MODELS.values()}
    for dataset, model in denoising_page.MODELS.items():
        rows = restoring.offered(models[model], models)
        expected = restoring.default_rows(models[model], rows, kind)
        assert denoising_page.question(dataset, kind, 1.0)["methods"] == expected


def test_the_server_answers_the_benchmarks_question() -> None:
    body = denoising_page.question("digits", "half", 0.5)
    answer = answered(json.dumps(body).encode())
    assert answer["rows"] == ["clean", "damaged", *body["methods"]]
    assert answer["sheet"]


def test_times_are_told_by_their_median_and_their_95th_percentile() -> None:
    ms = [10.0] * 90 + [200.0] * 10
    summary = denoising_page.summary(ms)
    assert summary == {"median_ms": 10.0, "p95_ms": 200.0}
    result = {
        "results": {"digits": {"half": summary}},
        "requests": 100,
        "machine": common.machine(2),
        "versions": {"torch": "2.0"},
    }
    assert "| digits, half (biharmonic) | 10.0 | 200.0 |" in denoising_page.table(result)


def test_without_mnists_folder_the_benchmark_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("VAELAB_DATA", raising=False)
    with pytest.raises(SystemExit, match="set VAELAB_DATA"):
        common.run(denoising_page.main, lambda: False)
