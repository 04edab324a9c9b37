"""Where a key is looked for (api.md 1.3). What follows is tested on the whole application in `functional/api`."""

import pytest

from mothlight.web.guard import Candidate, find_candidate

HEADER = "Authorization header"


@pytest.mark.parametrize(
    ("authorization", "in_body", "in_query", "expected"),
    [
        (None, None, None, None),
        ("Bearer phx_1", "phx_2", "phx_3", Candidate("phx_1", HEADER)),
        (" Bearer \t phx_1  ", None, None, Candidate("phx_1", HEADER)),
        ("Bearer without-prefix", None, None, Candidate("without-prefix", HEADER)),
        ("bearer phx_1", "phx_2", "phx_3", Candidate("phx_2", "body")),
        ("Basic phx_1", None, "phx_3", Candidate("phx_3", "query string")),
        ("Bearer", None, "phx_3", Candidate("phx_3", "query string")),
        ("Bearer   ", None, "phx_3", Candidate("phx_3", "query string")),
        ("Bearerphx_1", None, None, None),
        (None, "", "", None),
        (None, 5, "phx_3", Candidate("5", "body")),
        (None, ["phx_1"], None, Candidate("['phx_1']", "body")),
    ],
)
def test_the_first_place_that_holds_a_key_counts(authorization, in_body, in_query, expected):
    assert find_candidate(authorization, in_body, in_query) == expected
