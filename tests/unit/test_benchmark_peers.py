"""The peers of a benchmark: pinned, asked in processes of their own."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import (
    common,
)
from benchmarks.contestants.process import Contestant
from benchmarks.peers import PEERS, REQUIREMENTS, ROOT, BenchmarkError, python_of

CONTESTANT = "tests.unit._contestant"


def pins(path: Path) -> dict[str, str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name.lower().replace("_", "-"): number for name, number in pairs}


def test_every_peer_is_pinned_and_no_pin_contradicts_the_projects() -> None:
    bench, project = pins(REQUIREMENTS), pins(ROOT / "constraints.txt")
    for packages in PEERS.values():
        assert set(packages) <= set(bench)
    shared = set(bench) & set(project)
    assert {name: bench[name] for name in shared} == {name: project[name] for name in shared}


def test_an_unknown_peer_is_named() -> None:
    with pytest.raises(BenchmarkError, match="Unknown peer 'keras'"):
        python_of("keras")


@pytest.fixture
def contestant() -> Iterator[Contestant]:
    with Contestant("test", CONTESTANT, threads=1) as child:
        yield child


def test_a_contestant_answers_whatever_its_libraries_print(contestant: Contestant) -> None:
    assert contestant.versions == {"nothing": "1.0"}
    for number in (1, 2):
        reply = contestant.ask("echo", number=number)
        assert reply.pop("cpu_s") >= 0
        assert reply == {"given": {"number": number}, "threads": 1}


def test_a_contestant_that_fails_says_why_and_goes_on(contestant: Contestant) -> None:
    with pytest.raises(
        BenchmarkError, match=r"test failed: ValueError: no such batch\. .*test.log"
    ):
        contestant.ask("fail")
    assert contestant.ask("echo")["threads"] == 1


def test_a_contestant_that_dies_does_not_hang_the_benchmark(contestant: Contestant) -> None:
    with pytest.raises(BenchmarkError, match="test failed: it ended"):
        contestant.ask("die")
    with pytest.raises(BenchmarkError, match="test failed: it ended"):
        contestant.ask("echo")


def test_a_number_type_names_itself_in_errors() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--n", type=common.at_least(2))
    assert parser.parse_args(["--n", "2"]).n == 2
    with pytest.raises(argparse.ArgumentError, match="1 received; expected 2 or more"):
        parser.parse_args(["--n", "1"])
