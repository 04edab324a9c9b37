"""Problems become answers of four keys (api.md 1.5)."""

import json

import pytest
import structlog.testing

from mothlight.model.errors import Unavailable, invalid, not_found
from mothlight.web.errors import Forbidden, Unauthenticated, answer_problem, method_not_allowed


@pytest.mark.parametrize(
    ("problem", "status", "body"),
    [
        (
            invalid("Must be a valid UUID.", "issueId"),
            400,
            {
                "type": "validation_error",
                "code": "invalid_input",
                "detail": "Must be a valid UUID.",
                "attr": "issueId",
            },
        ),
        (not_found(), 404, {"type": "invalid_request", "code": "not_found", "detail": "Not found.", "attr": None}),
        (
            Forbidden("No."),
            403,
            {"type": "authentication_error", "code": "permission_denied", "detail": "No.", "attr": None},
        ),
        (
            Unauthenticated("not_authenticated", "Who?"),
            401,
            {"type": "authentication_error", "code": "not_authenticated", "detail": "Who?", "attr": None},
        ),
        (
            Unavailable("The store is away.", 7),
            503,
            {"type": "server_error", "code": "unavailable", "detail": "The store is away.", "attr": None},
        ),
        (
            ZeroDivisionError("secret"),
            500,
            {"type": "server_error", "code": "error", "detail": "A server error occurred.", "attr": None},
        ),
    ],
)
def test_every_problem_has_its_status_and_four_keys(problem, status, body):
    answer = answer_problem(problem, "/x")

    assert answer.status_code == status
    assert json.loads(bytes(answer.body)) == body
    assert answer.headers["content-type"] == "application/json"


def test_what_is_away_says_when_to_come_back():
    assert answer_problem(Unavailable("away", 7), "/").headers["retry-after"] == "7"


def test_a_defect_is_logged_with_its_exception():
    defect = ZeroDivisionError("division")

    with structlog.testing.capture_logs() as logs:
        answer_problem(defect, "/api/x")

    assert logs == [{"event": "request_failed", "log_level": "error", "path": "/api/x", "exc_info": defect}]


def test_what_the_caller_did_wrong_is_not_logged():
    with structlog.testing.capture_logs() as logs:
        answer_problem(invalid("x"), "/")

    assert logs == []


def test_a_405_names_the_method_and_what_is_allowed():
    answer = method_not_allowed("GET", "OPTIONS, POST")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "OPTIONS, POST"
    assert json.loads(bytes(answer.body)) == {
        "type": "invalid_request",
        "code": "method_not_allowed",
        "detail": 'Method "GET" not allowed.',
        "attr": None,
    }
