"""What the database's errors mean."""

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, OperationalError

from mothlight.model.errors import Unavailable
from mothlight.storage.events.failures import BlockRefused, failure_of_insert, failure_of_query, reason_of


@pytest.mark.parametrize(("code", "words"), [(159, "too long"), (241, "too much memory"), (160, "too long")])
def test_a_query_over_its_limits_is_told_what_to_do(code, words):
    failure = failure_of_query(DatabaseError("Code: …", code=code))

    assert isinstance(failure, Unavailable)
    assert words in failure.detail


@pytest.mark.parametrize(
    "error", [DatabaseError("x", code=243), OperationalError("no route"), DatabaseError("HTTP status 502")]
)
def test_a_database_that_is_away_is_tried_again(error):
    assert isinstance(failure_of_query(error), Unavailable)
    assert isinstance(failure_of_insert(error), Unavailable)


def test_a_bad_statement_is_a_defect_of_ours():
    error = DatabaseError("Syntax error", code=62)

    assert failure_of_query(error) is error


@pytest.mark.parametrize("error", [DatabaseError("bad", code=117), DatabaseError("'utf-8' codec can't decode byte")])
def test_rows_that_cannot_be_read_are_refused(error):
    assert isinstance(failure_of_insert(error), BlockRefused)


def test_inserts_short_of_memory_are_tried_again():
    assert isinstance(failure_of_insert(DatabaseError("x", code=241)), Unavailable)


def test_a_reason_is_one_short_line():
    assert reason_of(DatabaseError("first\nsecond")) == "first"
    assert len(reason_of(DatabaseError("x" * 1000))) == 500
    assert reason_of(DatabaseError("")) == "DatabaseError"


def test_callers_hear_that_it_is_away_and_operators_why():
    error = OperationalError("Error HTTPConnectionPool(host='events.internal', port=8123): refused")

    for failure in (failure_of_query(error), failure_of_insert(error)):
        assert failure.detail == "the event store does not answer"
        assert failure.reason == f"the event store does not answer: {error}"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "Max retries exceeded with url: /?query_id=1&param_email=ada%40moths.test (Caused by X) (http://h:8123)",
            "Max retries exceeded with url: / (Caused by X) (http://h:8123)",
        ),
        (
            "HTTP status 404 (for url http://h:8123/?database=x&param_term=secret)",
            "HTTP status 404 (for url http://h:8123/",
        ),
        ("Is this a question? No, a = b", "Is this a question? No, a = b"),
    ],
)
def test_a_reason_has_no_values_of_the_statement(words, told):
    assert reason_of(DatabaseError(words)) == told
