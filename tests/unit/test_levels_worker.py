"""The process that measures where methods break: a real one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.unit._runs import ROOT, until
from vae_core import leases
from vae_core.child import spawn
from vae_core.errors import InvalidConfigError, InvalidInputError, UnknownNameError
from vae_core.levels_worker import LevelsRequest, check, measure

REQUEST = LevelsRequest(
    dataset="digits",
    models=("digits-2d", "digits-cvae-2d"),
    methods=("median", "one-pass:digits-2d", "one-pass:digits-cvae-2d"),
    kind="gaussian",
    levels=(0.2, 0.6),
    seed=5,
    num_images=12,
)
Child = "subprocess.Popen[str]"

PARENT = """
import sys, time
from vae_core.child import spawn
child = spawn("vae_core.levels_worker")
child.stdin.write("[]\\n")
child.stdin.flush()
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


# Both start at once and warm up together.
@pytest.fixture(scope="module", autouse=True)
def child() -> Iterator[Child]:
    with spawn("vae_core.levels_worker", OMP_NUM_THREADS="1") as process:
        yield process
        process.stdin.close()  # it ends by itself: the exit would wait for ever


@pytest.fixture(scope="module", autouse=True)
def parent() -> Iterator[Child]:
    """Another process with such a child, which tells its id once it answers."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    ) as process:
        yield process
        process.kill()


def ask(child: Child, line: str) -> list[dict[str, Any]]:
    """Everything that is answered to a line."""
    child.stdin.write(line + "\n")
    child.stdin.flush()
    said = []
    while not said or "row" in said[-1]:
        answer = child.stdout.readline()
        assert answer, "the process has ended"
        said.append(json.loads(answer))
    return said


def test_its_rows_are_the_librarys_to_the_bit(child: Child) -> None:
    *rows, last = ask(child, REQUEST.model_dump_json())
    assert last == {"is_done": True}
    expected = [json.loads(json.dumps(asdict(row))) for row in measure(REQUEST)]
    assert [answer["row"] for answer in rows] == expected
    assert len(rows) == REQUEST.num_rows == 8


def changed(**parts: object) -> str:
    return json.dumps(json.loads(REQUEST.model_dump_json()) | parts)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", r"A request received that is no JSON, '\n'; expected an object with dataset, models"),
        ("[" * 20_000, "A request received that is no JSON, '[[["),
        ("[]", "Invalid settings"),
        (changed(command="rm"), "command: received 'rm'"),
        (changed(dataset="../digits"), "Unknown data set '../digits'. Expected one of: digits"),
        (changed(models=["../../etc"]), "There is no model '../../etc' here"),
        (changed(models=["mnist-2d"]), "Model mnist-2d received, which has learned mnist;"),
        (changed(methods=["magic"]), "Unknown method 'magic'. Expected one of: "),
        (changed(methods=["median"] * 2), "Methods median, median received; expected each"),
        (changed(kind="rain"), "Unknown corruption 'rain'"),
        (changed(levels=[0.2, 1.5]), "Noise level 1.5 received; expected a number from 0 to 1"),
        (changed(levels=[0.6, 0.2]), "Levels 0.6, 0.2 received; expected each to be higher"),
        (changed(levels=[]), "levels: received"),
        (changed(num_images=10**9), "num_images: received 1000000000"),
        (changed(seed=-1), "seed: received -1"),
    ],
)
def test_what_cannot_be_measured_is_answered_in_words(child: Child, line: str, said: str) -> None:
    (answer,) = ask(child, line)
    assert list(answer) == ["error"]
    assert said in answer["error"]


def test_it_goes_on_after_what_it_refused(child: Child) -> None:
    ask(child, "nonsense")
    assert ask(child, changed(levels=[0.2]))[-1] == {"is_done": True}


def test_a_method_that_is_not_meant_for_the_damage_is_refused() -> None:
    request = REQUEST.evolve(methods=("bicubic",), models=(), kind="gaussian")
    with pytest.raises((InvalidInputError, UnknownNameError), match="bicubic"):
        measure(request)


def test_a_request_is_refused_before_a_process_is_asked() -> None:
    with pytest.raises(InvalidConfigError, match="methods"):
        REQUEST.evolve(methods=())
    with pytest.raises(UnknownNameError, match="Unknown corruption 'rain'"):
        check(REQUEST.evolve(kind="rain"))


def test_it_leaves_the_computer_to_others(child: Child) -> None:
    ask(child, "[]")
    assert os.getpriority(os.PRIO_PROCESS, child.pid) >= min(19, os.nice(0) + 5)


def test_a_killed_parent_leaves_no_process_behind(parent: Child) -> None:
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert leases.is_alive(pid)
    parent.kill()
    until(lambda: not leases.is_alive(pid), 20, "the end of the process")


def test_it_ends_when_its_pipe_closes(child: Child) -> None:
    ask(child, "[]")
    child.stdin.close()
    assert child.wait(timeout=20) == 0
