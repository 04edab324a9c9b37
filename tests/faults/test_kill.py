"""A server killed at any moment, again and again, loses nothing that it answered 200 and stores nothing twice."""

import random
import signal
import sys
import time
from collections.abc import Callable, Iterable

import pytest

from tests.end_to_end.client import Client
from tests.end_to_end.server import Server

from .checks import check_kept, check_resending_completes
from .conftest import Installation, first_project
from .delivery import Delivery
from .processes import family, lives
from .reports import expected_figures, make_batches, shown_figures
from .sniper import Sniper

BATCHES = 100
PACE_SECONDS = 0.02
"""So that a round's sending takes some batches of the pipeline, and the kill falls into it."""
MOMENTS = {
    "journal commit": ("journal commit", 0.0),
    "store insert": ("store insert", 0.0),
    "between the two": ("journal commit", 0.3),
    "any": ("random", 0.6),
}
"""What the sniper waits for, and how many seconds later at most it shoots."""
ORPHANS_END_WITHIN_SECONDS = 10


def test_the_figures_are_those_that_were_sent(installation: Installation) -> None:
    """Without any fault. All other tests compare with the same computation."""
    client = installation.client
    batches = make_batches(client.token, 20)

    Delivery(installation.server.url, batches).send_all()
    client.wait_until_queryable()

    assert shown_figures(client) == expected_figures(batches)
    check_resending_completes(client, batches)
    installation.server.stop()


def test_what_was_answered_before_a_kill_is_there_once(
    installation: Installation, rounds: int, record_property: Callable[[str, object], None]
) -> None:
    """Rounds on one data directory; each kills once under load and perhaps again while the server catches up."""
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    accepted = 0
    for number in range(rounds):
        aim = list(MOMENTS)[(number + seed) % len(MOMENTS)]
        try:
            accepted += kill_in_one_round(installation, aim, chance)
        except AssertionError as problem:
            raise AssertionError(f"round {number}, {aim}, seed {seed}: {problem}") from problem
        sys.stdout.write(f"round {number + 1}: {aim}; {accepted} batches answered 200 so far, 0 lost, 0 doubled\n")

    record_property("accepted_batches", accepted)
    assert accepted > 0, "every kill came before the first answer"
    assert "Traceback" not in installation.server.log()
    installation.server.stop()


def kill_in_one_round(installation: Installation, aim: str, chance: random.Random) -> int:
    """Kill once and check everything; returns how many batches were answered 200 before the kill."""
    server = installation.server
    client = new_project(server)
    batches = make_batches(client.token, BATCHES)
    delivery = Delivery(server.url, batches, PACE_SECONDS)
    shoot(installation, delivery, aim, chance)
    delivery.finish()
    bury(server)
    if chance.random() < 0.5:
        server.launch()
        time.sleep(chance.uniform(0, 3))
        server.kill()
    server.start()

    assert not delivery.refused
    check_kept(client, batches, delivery.answered)
    check_resending_completes(client, batches)
    return len(delivery.answered)


def shoot(installation: Installation, delivery: Delivery, aim: str, chance: random.Random) -> None:
    """Begin to send, and kill the whole server, or one of its processes, at the moment."""
    server, listener = installation.server, installation.listener
    target = -server.pid if chance.random() < 0.5 else chance.choice(family(server.pid))
    enough = chance.randrange(BATCHES // 2)
    if aim == "store insert" and listener is not None:
        # The event store takes its time, before or after it has stored the rows; the kill falls into it.
        late = "true" if chance.random() < 0.5 else "false"
        listener.trouble(f'{{"delay": 1.5, "times": 1, "about": "INSERT INTO events", "late": {late}}}')
    at, delay = MOMENTS[aim] if listener is None or aim != "store insert" else ("random", 1.0)
    sniper = Sniper(at, server.data_dir, target, chance.uniform(0, delay))
    delivery.begin().wait_for(lambda sent: len(sent.answered) >= enough)
    sniper.fire()


def bury(server: Server) -> None:
    """Wait for what a kill leads to, and end the server in any case.

    If the main process died, the others end by themselves; if it lives, it is ready again, or ends so that a supervisor
    can start it.
    """
    members = family(server.pid)
    deadline = time.monotonic() + ORPHANS_END_WITHIN_SECONDS
    while not server.runs and any(map(lives, members)):
        assert time.monotonic() < deadline, f"processes are left over: {members}"
        time.sleep(0.01)
    if server.runs:
        deadline = time.monotonic() + 60
        while server.runs and server.readiness() != {}:
            assert time.monotonic() < deadline, f"neither ready nor ended: {server.log_tail()}"
            time.sleep(0.05)
    server.kill()


def new_project(server: Server) -> Client:
    """A project of a round's own, so that its figures stand alone."""
    made = server.command("projects", "create", "Round", "--json")
    client = first_project(server).of_project(made["id"], made["api_token"])
    # A token made a moment ago is known to the server within a second.
    deadline = time.monotonic() + 5
    while client.capture().status_code == 401:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return client


STARTS = ("metadata migration", "event store migration", "journal opening", "random", "random", "random")


def test_a_start_that_is_killed_does_not_hinder_the_next(new_server: Callable[..., Server], is_long: bool) -> None:
    """The first start of all, which migrates both stores and sets everything up, killed several times in a row."""
    chance = random.Random()
    for _ in range(20 if is_long else 1):
        server = new_server({})
        kill_starts(server, STARTS if is_long else chance.sample(STARTS, 2), chance)
        server.start()
        client = first_project(server)
        batches = make_batches(client.token, 5)

        check_resending_completes(client, batches)
        server.stop()


def kill_starts(server: Server, aims: Iterable[str], chance: random.Random) -> None:
    """Start and kill, each time at another moment."""
    for aim in aims:
        server.launch()
        Sniper(aim, server.data_dir, -server.pid, chance.uniform(0, 1.5 if aim == "random" else 0.1)).fire()
        server.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.long
def test_a_stop_under_load_loses_nothing(installation: Installation, number: signal.Signals) -> None:
    server = installation.server
    for _ in range(10):
        client = new_project(server)
        delivery = Delivery(server.url, make_batches(client.token, BATCHES), PACE_SECONDS)
        delivery.begin().wait_for(lambda sent: len(sent.answered) > BATCHES // 3)
        server.stop(number)
        delivery.finish()
        server.start()

        assert client.stats()["pending"] == 0, "what was accepted was processed before the end"
        check_kept(client, delivery.batches, delivery.answered)
        check_resending_completes(client, delivery.batches)
    server.stop()
