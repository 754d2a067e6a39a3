"""One measurement at a time on a server, shared by all who ask for the same."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.measuring import LEVELS, Stub, until, wanted
from ui import measuring
from ui.measuring import Measurements, Seen, Wanted
from vae_core.errors import RunError


@pytest.fixture(autouse=True)
def measures_nothing() -> None:
    """Here a process may be had ready, which measures nothing."""


@pytest.fixture
def stub(tmp_path: Path) -> Iterator[Stub]:
    stub = Stub(tmp_path)
    yield stub
    for made in stub.made:
        made.shutdown()
    assert all(process.poll() is not None for process in stub.started)
    assert not any(made._thread.is_alive() for made in stub.made)


def seen(here: Measurements, what: Wanted, owner: str = "ada") -> Seen:
    found = here.look(what, owner)
    assert found is not None
    return found


def ends(here: Measurements, what: Wanted) -> Seen:
    until(lambda: seen(here, what).status in ("finished", "failed"))
    return seen(here, what)


def test_rows_are_seen_as_they_come_and_kept(stub: Stub) -> None:
    here = stub.measurements()
    assert here.look(wanted(1), "ada") is None
    here.ask(wanted(1), "ada")
    until(lambda: seen(here, wanted(1)).rows)
    found = seen(here, wanted(1))
    assert (found.status, found.place, found.is_mine) == ("measuring", 0, True)
    assert [row.level for row in found.rows] == [0.1]
    assert not seen(here, wanted(1), "eve").is_mine
    stub.end(1)
    found = ends(here, wanted(1))
    assert (found.status, found.error) == ("finished", "")
    assert [row.level for row in found.rows] == list(LEVELS)
    assert found.rows[0].psnr_db == (19.0,)
    here.ask(wanted(1), "eve")  # at once: nothing is measured again
    assert seen(here, wanted(1)).status == "finished"
    assert stub.begun() == [1]


def test_one_at_a_time_the_others_wait_in_their_order(stub: Stub) -> None:
    here = stub.measurements()
    for seed, owner in ((1, "ada"), (2, "bob"), (3, "eve")):
        here.ask(wanted(seed), owner)
        stub.wait_for(1)
    assert [seen(here, wanted(seed)).place for seed in (1, 2, 3)] == [0, 1, 2]
    assert seen(here, wanted(2)).status == "waiting"
    stub.end(1)
    stub.wait_for(1, 2)
    assert seen(here, wanted(3)).place == 1
    stub.end(2)
    stub.end(3)
    assert ends(here, wanted(3)).status == "finished"
    assert len(stub.started) == 1  # one process for all


def test_who_asks_for_the_same_shares_it(stub: Stub) -> None:
    here = stub.measurements()
    for owner in ("ada", "bob", "eve"):
        here.ask(wanted(1), owner)
    stub.wait_for(1)
    here.leave("ada")
    here.leave("bob")
    assert seen(here, wanted(1), "eve").is_mine
    assert not seen(here, wanted(1), "ada").is_mine
    stub.end(1)
    assert ends(here, wanted(1)).status == "finished"
    assert stub.begun() == [1]


def test_what_everybody_has_left_is_killed_and_the_next_gets_a_new_process(stub: Stub) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.wait_for(1)
    here.ask(wanted(2), "bob")
    here.leave("ada")
    until(lambda: stub.started[0].poll() is not None)
    assert here.look(wanted(1), "ada") is None
    stub.end(2)
    assert ends(here, wanted(2)).status == "finished"
    assert len(stub.started) == 2


def test_another_request_takes_the_place_of_ones_own(stub: Stub) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.wait_for(1)
    here.ask(wanted(2), "bob")
    here.ask(wanted(3), "bob")
    assert here.look(wanted(2), "bob") is None
    assert seen(here, wanted(3)).place == 1
    here.ask(wanted(4), "ada")
    until(lambda: stub.started[0].poll() is not None)
    stub.wait_for(1, 3)
    stub.end(3)
    stub.end(4)
    assert ends(here, wanted(4)).status == "finished"


def test_a_request_that_is_refused_fails_in_the_processs_words(stub: Stub) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.end(1, "There is no model 'x' here.")
    found = ends(here, wanted(1))
    assert (found.status, found.error) == ("failed", "There is no model 'x' here.")
    here.ask(wanted(2), "ada")
    stub.end(2)
    assert ends(here, wanted(2)).status == "finished"
    assert len(stub.started) == 1


def test_a_process_that_dies_is_said_and_the_next_try_gets_another(stub: Stub) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.end(1, "die")
    assert ends(here, wanted(1)).error == measuring.DEAD
    stub.end(1)
    here.ask(wanted(1), "ada")
    until(lambda: seen(here, wanted(1)).status == "finished")
    assert len(stub.started) == 2


def test_a_process_that_was_killed_while_it_had_nothing_to_do_is_replaced(stub: Stub) -> None:
    here = stub.measurements()
    here.warm()
    until(lambda: stub.started)
    stub.started[0].kill()
    stub.started[0].wait()
    here.ask(wanted(1), "ada")
    stub.end(1)
    assert ends(here, wanted(1)).status == "finished"


def test_a_process_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError("no more processes")

    here = Measurements(refuse)
    here.ask(wanted(1), "ada")
    assert ends(here, wanted(1)).error == measuring.NO_START
    here.shutdown()


def test_what_takes_too_long_is_ended(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MAX_S", 0.3)
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    assert "choose fewer methods" in ends(here, wanted(1)).error


def test_what_waits_while_nobody_looks_is_dropped(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.wait_for(1)
    here.ask(wanted(2), "bob")
    monkeypatch.setattr(measuring, "GONE_S", 0.5)
    left_at = time.monotonic()
    until(lambda: seen(here, wanted(1)) and time.monotonic() > left_at + 0.6)
    stub.end(1)
    assert ends(here, wanted(1)).status == "finished"
    until(lambda: here.look(wanted(2), "bob") is None)
    assert stub.begun() == [1]


def test_what_is_measured_while_nobody_looks_gives_way_to_those_who_wait(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "GONE_S", 0.5)
    here = stub.measurements()
    here.ask(wanted(1), "ada")  # and closes the page
    stub.wait_for(1)
    here.ask(wanted(2), "bob")
    asked_at = time.monotonic()
    until(lambda: seen(here, wanted(2), "bob") and time.monotonic() > asked_at + 0.6)
    (stub.here / "1").write_text("")  # the next row comes
    until(lambda: seen(here, wanted(2), "bob").status == "measuring")
    assert here.look(wanted(1), "ada") is None
    stub.end(2)
    assert ends(here, wanted(2)).status == "finished"
    assert len(stub.started) == 2


def test_what_is_measured_while_nobody_looks_goes_on_as_long_as_nobody_waits(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.wait_for(1)
    monkeypatch.setattr(measuring, "GONE_S", -1.0)
    stub.end(1)
    assert ends(here, wanted(1)).status == "finished"


def test_a_process_waits_warm_for_those_who_may_ask_and_not_for_ever(
    stub: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "IDLE_S", 0.2)
    here = stub.measurements()
    here.warm()
    until(lambda: stub.started)
    until(lambda: stub.started[0].poll() is not None)
    here.ask(wanted(1), "ada")
    stub.end(1)
    assert ends(here, wanted(1)).status == "finished"
    assert len(stub.started) == 2


def test_the_line_and_what_is_kept_have_an_end(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MAX_WAITING", 2)
    monkeypatch.setattr(measuring, "MAX_KEPT", 2)
    here = stub.measurements()
    here.ask(wanted(1), "a")
    stub.wait_for(1)
    here.ask(wanted(2), "b")
    here.ask(wanted(3), "c")
    with pytest.raises(RunError, match="2 measurements wait already; try again later"):
        here.ask(wanted(4), "d")
    for seed in (1, 2, 3):
        stub.end(seed)
    ends(here, wanted(3))
    assert here.look(wanted(1), "a") is None
    assert [seen(here, wanted(seed)).status for seed in (2, 3)] == ["finished"] * 2


def test_models_that_were_written_again_are_measured_again(stub: Stub) -> None:
    here = stub.measurements()
    stub.end(1)
    for stamp in (1, 2):
        one = Wanted(wanted(1).request, (("folder", stamp),))
        here.ask(one, "ada")
        assert ends(here, one).status == "finished"
    assert stub.begun() == [1, 1]


def test_a_server_that_stops_ends_its_process_and_takes_nothing_more(stub: Stub) -> None:
    here = stub.measurements()
    here.ask(wanted(1), "ada")
    stub.wait_for(1)
    here.shutdown()
    assert stub.started[0].poll() is not None
    with pytest.raises(RunError, match="The server is stopping"):
        here.ask(wanted(2), "ada")
