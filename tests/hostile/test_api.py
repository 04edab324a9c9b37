"""Whatever the REST API is asked, it answers in its own shapes, and what it said that it wrote can be read."""

import json
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from mothlight.web.api.route import ApiRoute
from mothlight.web.api.routes import ROUTES
from tests.hostile.bounds import bounded
from tests.hostile.harness import Hall
from tests.support.asgi import Received
from tests.support.hostile.questions import Asking, Known, Questions
from tests.support.hostile.values import Values, to_json

STATUSES = {200, 201, 204, 308, 400, 401, 403, 404, 409, 413, 415}
ERROR_KEYS = {"type", "code", "detail", "attr"}


def ask(hall: Hall, asking: Asking) -> Received:
    """One request; its answer is in the shape of answers."""
    answer = hall.call(asking.method, asking.path, asking.body, asking.headers, asking.query)
    assert answer.status in STATUSES, f"{asking}: {answer.status} {answer.body[:300]!r}"
    is_empty = answer.status == 204 or (answer.status == 404 and answer.body == b"")
    assert (answer.headers.get("content-type") == "application/json") != is_empty, f"{asking}: {answer}"
    if is_empty:
        assert answer.body == b""
    elif answer.status >= 400:
        # Symbol sets' oldest routes say what is wrong and no more (api.md 3.4).
        says_no_more = "/symbol_sets/" in f"{asking.path}/" and set(answer.json()) == {"detail"}
        assert says_no_more or set(answer.json()) >= ERROR_KEYS, f"{asking}: {answer.body[:300]!r}"
    else:
        assert isinstance(answer.json(), dict)
    return answer


@bounded(examples=100)
@given(randoms=st.randoms(use_true_random=False), route=st.sampled_from(ROUTES))
def test_every_route_answers_in_its_shape_whatever_it_is_asked(hall: Hall, known: Known, randoms, route: ApiRoute):
    answer = ask(hall, Questions(randoms, known, largest=100_000).asking(route))

    event(str(answer.status))


WRITES = (
    ("PATCH", "issues/{issues}", "issues/{issues}", {"name": "Cart", "description": "It breaks.", "status": "active"}),
    ("PATCH", "releases/{releases}", None, {"version": "2", "project": "shop", "metadata": {"git": {"branch": "b"}}}),
    ("POST", "releases", "releases/{id}", {"version": "2", "project": "shop", "metadata": {"git": {"branch": "b"}}}),
    (
        "PATCH",
        "settings/update_settings",
        "settings/retrieve_settings",
        {"project_rate_limit_value": 7, "per_issue_rate_limit_value": 9},
    ),
)
"""Method, path, where it is read again, and a valid body."""


@bounded(examples=60)
@given(randoms=st.randoms(use_true_random=False), write=st.sampled_from(WRITES))
def test_what_was_written_is_read(hall: Hall, known: Known, randoms, write):
    method, path, again, valid = write
    body = to_json(Values(randoms, 50_000).spoil_inside(valid, 2)).encode("utf-8", "surrogatepass")
    place = {name: ids[0] for name, ids in known.ids.items()}

    answer = hall.ask(method, path.format(**place), body)
    event(str(answer.status))

    assert answer.status in STATUSES, answer.body
    if answer.status in (200, 201) and again is not None:
        told = answer.json()
        read = hall.ask("GET", again.format(**{**place, "id": told.get("id")}))
        assert read.status == 200
        assert read.json() == told
        check_values(json.loads(body), told)


@bounded(examples=60)
@given(randoms=st.randoms(use_true_random=False))
def test_filters_of_test_accounts_are_kept_as_sent(hall: Hall, randoms):
    valid = {"test_account_filters": [{"key": "email", "value": ["a"], "operator": "icontains", "type": "person"}]}
    body = to_json(Values(randoms, 50_000).spoil_inside(valid, 2)).encode("utf-8", "surrogatepass")
    headers = {"Authorization": f"Bearer {hall.key}", "Content-Type": "application/json"}
    path = f"/api/projects/{hall.project_id}/"

    answer = hall.call("PATCH", path, body, headers)
    event(str(answer.status))
    if answer.status == 200 and "test_account_filters" in json.loads(body):
        read = hall.call("GET", path, b"", headers).json()

        assert read["test_account_filters"] == json.loads(body)["test_account_filters"]
        question = hall.ask("POST", "query/issues", json.dumps({"filterTestAccounts": True}).encode())
        assert question.status == 200, question.body


def check_values(sent: dict[str, Any], told: dict[str, Any]) -> None:
    """Texts and objects that were sent stand in the answer, but for blanks around them and what counts as empty."""
    for name in sent.keys() & told.keys():
        value = sent[name]
        if isinstance(value, str) and value.strip() and isinstance(told[name], str):
            assert told[name] == value.strip()
        elif isinstance(value, dict) and value:
            assert told[name] == value
