"""What a failure of the database means: try again later, a row that can't be stored, or a defect of ours."""

import re

from clickhouse_connect.driver.exceptions import Error, OperationalError

from mothlight.model.errors import Unavailable

LIMITS = {
    159: "The query took too long and was stopped. Ask for a shorter date range or fewer conditions.",
    160: "The query would take too long. Ask for a shorter date range or fewer conditions.",
    241: "The query needed too much memory and was stopped. Ask for a shorter date range or fewer conditions.",
}
"""ClickHouse's codes of exceeded limits, and what a caller can do."""

AWAY = frozenset(
    {
        3,  # unexpected end of file
        74, 75,  # cannot read from, write to file
        198, 209, 210,  # DNS, socket timeout, network
        202,  # too many simultaneous queries
        225, 242, 244, 254, 285, 286, 289, 305, 319, 999,  # replicas and their coordination
        243,  # not enough space
        252,  # too many parts
        279, 425, 495,  # no connection left, system error, quota of the server
        516, 497, 192, 193, 194,  # sign-in and rights
        60, 81,  # table or database missing: not migrated yet, or dropped
        236, 394, 735,  # cancelled
    }
)  # fmt: skip
"""ClickHouse's codes of troubles that pass without a change of the statement."""


NOT_ANSWERING = "the event store does not answer"

_QUERY_STRING = re.compile(r"\?[\w%.-]+=\S*")


class BlockRefused(Exception):
    """The database is there and does not take these rows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def failure_of_query(error: Error) -> Exception:
    """`Unavailable` where asking again can help; otherwise the error itself, which is a defect of ours."""
    if error.code in LIMITS:
        return Unavailable(LIMITS[error.code], retry_after=5)
    return _away(error) or error


def failure_of_insert(error: Error) -> Exception:
    """`Unavailable` where sending again can help, `BlockRefused` where a row is to blame."""
    if error.code in LIMITS:
        return Unavailable("The event store is short of time or memory for inserts.", retry_after=2)
    return _away(error) or BlockRefused(reason_of(error))


def failure_of_trial(error: Error) -> Unavailable:
    """What it means that not even the simplest statement works, whatever the code."""
    return Unavailable(NOT_ANSWERING, retry_after=2, reason=f"{NOT_ANSWERING}: {reason_of(error)}")


def reason_of(error: Error) -> str:
    """The first line of the database's words, without the trace and at most 500 characters.

    Addresses come without their query strings, which hold the values of a statement.
    """
    text = _QUERY_STRING.sub("", str(error).strip())
    return text.splitlines()[0][:500] if text else type(error).__name__


def _away(error: Error) -> Unavailable | None:
    transport = error.code is None and (isinstance(error, OperationalError) or "HTTP status" in str(error))
    if transport or error.code in AWAY:
        return failure_of_trial(error)
    return None
