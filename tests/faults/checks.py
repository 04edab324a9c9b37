"""What must be so after every fault."""

from collections.abc import Collection, Sequence

from tests.end_to_end.client import Client

from .delivery import Delivery
from .reports import OWN_EVENTS, SHARED_EVENTS, Batch, expected_figures, shown_figures


def check_kept(client: Client, batches: Sequence[Batch], answered: Collection[str]) -> int:
    """Answered batches are stored whole and once; one without an answer may be stored whole or not at all.

    Returns how many are stored.
    """
    client.wait_until_queryable()
    shown = shown_figures(client)
    stored = [batch.name for batch in batches if batch.name in shown]
    lost = sorted(set(answered) - set(stored))
    wrong = {name: shown[name].occurrences for name in stored if shown[name].occurrences != OWN_EVENTS}
    shared = sum(figures.occurrences for name, figures in shown.items() if name.startswith("Shared"))
    assert not lost, f"answered 200 and lost: {lost}"
    assert not wrong, f"not each event once: {wrong}"
    assert shared == SHARED_EVENTS * len(stored), f"{shared} events in shared issues of {len(stored)} batches"
    return len(stored)


def check_resending_completes(client: Client, batches: Sequence[Batch]) -> None:
    """Everything sent once more is accepted, and then the figures are those of the same events without any fault."""
    again = Delivery(str(client.http.base_url), batches)
    again.send_all()
    assert len(again.answered) == len(batches), [answer.text for answer in again.refused] + again.unanswered
    client.wait_until_queryable()

    expected = expected_figures(batches)
    shown = shown_figures(client)
    assert shown == expected, {
        name: (shown.get(name), expected.get(name))
        for name in shown.keys() | expected.keys()
        if shown.get(name) != expected.get(name)
    }


def check_refusals(delivery: Delivery) -> None:
    """What was not accepted was told so honestly: 503, and when to come again."""
    for answer in delivery.refused:
        assert answer.status_code == 503, f"{answer.status_code} {answer.text}"
        assert int(answer.headers["Retry-After"]) > 0, answer.text
