"""Whatever is sent to the intake, it answers, and every event that it accepted has one fate that can be looked up."""

from hypothesis import event, given
from hypothesis import strategies as st

from mothlight.model.outcome import DropReason
from mothlight.web.intake.dialects.interface import BadEvent
from tests.hostile.bounds import bounded
from tests.hostile.harness import Hall
from tests.support.hostile.capture import Captures, Sending

STATUSES = {200, 204, 304, 400, 401, 404, 405, 408, 413, 415}
REASONS = {str(reason) for reason in (*DropReason, *BadEvent)}
STORED_WITHOUT_ISSUE = str(DropReason.UNPROCESSABLE)


def send(hall: Hall, sending: Sending) -> int:
    answer = hall.call(sending.method, sending.path, sending.body, sending.headers, sending.query)
    assert answer.status in STATUSES, f"{sending}: {answer.status} {answer.body[:300]!r}"
    return answer.status


@bounded(examples=25)
@given(randoms=st.randoms(use_true_random=False), requests=st.integers(1, 12))
def test_every_accepted_event_is_stored_or_counted_under_its_reason(hall: Hall, randoms, requests: int):
    captures = Captures(randoms, hall.token, largest=200_000)
    before, stored_before, quarantined_before = hall.settle(), hall.counted(), hall.quarantined()

    sent = [captures.sending() for _ in range(requests)]
    answered = [(sending, send(hall, sending)) for sending in sent]
    for _, status in answered:
        event(str(status))

    after, stored_after = hall.settle(), hall.counted()
    dropped = {
        reason: count - before["dropped"].get(reason, 0)
        for reason, count in after["dropped"].items()
        if count != before["dropped"].get(reason, 0)
    }
    accepted, stored = after["accepted"] - before["accepted"], after["stored"] - before["stored"]
    new = {uuid: cause for uuid, cause in hall.quarantined().items() if uuid not in quarantined_before}
    assert set(dropped) <= REASONS
    assert accepted == stored + sum(dropped.values())
    assert stored == stored_after - stored_before
    assert dropped.get(str(DropReason.QUARANTINED), 0) == len(new)
    assert all(cause == "refused" and reason for cause, reason in new.values()), new
