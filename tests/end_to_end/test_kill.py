"""A server killed at a random moment, again and again, loses nothing that it answered 200 and stores nothing twice."""

import random
import threading
import time

from .batches import EVENTS_PER_BATCH, Batch, Delivery, make_batch, occurrences
from .client import Client
from .server import Server

BATCHES = 200
CHECKED_BATCHES = 20


def test_what_was_answered_before_a_kill_is_there_once(own_server: Server) -> None:
    own_server.init()
    client = own_server.client()
    batches = [make_batch(client.token, number) for number in range(BATCHES)]
    seed = random.randrange(2**32)
    delivery = kill_while_sending(own_server, batches, random.Random(seed))
    kill_while_catching_up(own_server, random.Random(seed))

    own_server.start()
    client.wait_until_queryable()

    assert 0 < len(delivery.answered) < BATCHES, f"the kill came too early or too late, seed {seed}"
    assert not delivery.refused
    check_nothing_is_lost_or_doubled(client, batches, delivery.answered, seed)
    check_sending_again_changes_nothing(client, batches)
    own_server.stop()


def kill_while_sending(server: Server, batches: list[Batch], chance: random.Random) -> Delivery:
    """Send all batches, and end the process when some of them are answered and others under way."""
    server.start()
    delivery = Delivery(server.client(), batches)
    sending = threading.Thread(target=delivery.send_all)
    sending.start()
    enough = chance.randrange(CHECKED_BATCHES, BATCHES - 50)
    while len(delivery.answered) < enough and sending.is_alive():
        time.sleep(0.001)
    time.sleep(chance.random() * 0.02)
    server.kill()
    sending.join()
    return delivery


def kill_while_catching_up(server: Server, chance: random.Random) -> None:
    """Start the process on what it left, and end it again before it can be through."""
    server.start()
    time.sleep(chance.random() * 0.3)
    server.kill()


def check_nothing_is_lost_or_doubled(client: Client, batches: list[Batch], answered: set[str], seed: int) -> None:
    """Answered batches are stored whole and once. One without an answer may be stored whole or not at all."""
    counts = occurrences(client)
    for batch in batches:
        found = counts.get(batch.name, 0)
        assert found in (0, EVENTS_PER_BATCH), f"{found} events of {batch.name} are stored, seed {seed}"
        assert found or batch.name not in answered, f"{batch.name} was answered 200 and is lost, seed {seed}"
    check_uuids(client, [batch for batch in batches if batch.name in counts])


def check_sending_again_changes_nothing(client: Client, batches: list[Batch]) -> None:
    """Everything sent once more is accepted, and adds only what was not there."""
    before, known = client.stats(), sum(occurrences(client).values())
    again = Delivery(client, batches)
    again.send_all()
    after = client.wait_until_queryable()

    assert len(again.answered) == BATCHES, again.refused
    assert after["dropped"].get("duplicate", 0) - before["dropped"].get("duplicate", 0) == known
    assert after["stored"] - before["stored"] == BATCHES * EVENTS_PER_BATCH - known
    assert occurrences(client) == {batch.name: EVENTS_PER_BATCH for batch in batches}
    check_uuids(client, batches)


def check_uuids(client: Client, batches: list[Batch]) -> None:
    """The stored events of some of the batches are the very ones that were sent, each once."""
    chosen = random.sample(batches, CHECKED_BATCHES)
    issues = {issue["name"]: issue["id"] for issue in client.issues()}
    for batch in chosen:
        found = [event["uuid"] for event in client.events(issues[batch.name])]
        assert sorted(found) == sorted(batch.uuids)
