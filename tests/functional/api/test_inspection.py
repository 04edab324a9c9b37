"""Questions about what stands behind an issue, on the wire; grouping and likeness with events of the real pipeline."""

import uuid
from datetime import timedelta

import pytest

from tests.functional.api.conftest import error
from tests.support.event_rows import NOW, Shop
from tests.support.received import exception, frame, received

PATHS = ("breakdown", "differences", "grouping", "histogram", "issue_event", "similar_issues")
NEEDED = {"breakdown": {"properties": ["$os"]}}


def ask(triage, path, **body):
    return triage.ok("POST", f"query/{path}/", json={**NEEDED.get(path, {}), **body})


def thrown(type_, *functions, value="it broke", **more):
    """The exception list of an error whose stack has these functions, the last one nearest the throw."""
    frames = [frame(name, **more) for name in functions]
    return {"$exception_list": [exception(type_, value, stacktrace={"type": "raw", "frames": frames})]}


def capture(triage, properties, **event):
    """One event without a fingerprint of its own; gives the issue that it belongs to."""
    event = {"timestamp": triage.api.hands.now(), "received_at": triage.api.hands.now(), **event}
    before = set(triage.state())
    triage.process(received(triage.project, properties, **event))
    (new,) = set(triage.state()) - before or {None}
    return new


@pytest.mark.parametrize("path", PATHS)
def test_an_issue_of_another_project_is_unknown(api, triage, path):
    hidden = Shop(api.events, api.cast.other_project.id).issue()

    for issue in (hidden, str(uuid.uuid4())):
        answer = triage.ask("POST", f"query/{path}/", json={"issueId": issue, **NEEDED.get(path, {})})
        assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize(
    ("path", "body", "attr"),
    [
        ("breakdown", {"properties": []}, "properties"),
        ("breakdown", {"properties": ["a"] * 11}, "properties"),
        ("breakdown", {"properties": [7]}, "properties__0"),
        ("breakdown", {"properties": ["$exception_list"]}, "properties"),
        ("breakdown", {"properties": ["a"], "limit": 101}, "limit"),
        ("breakdown", {"properties": ["a"], "status": "x"}, "status"),
        ("differences", {}, "issueId"),
        ("grouping", {"issueId": "x"}, "issueId"),
        ("histogram", {"timeZone": "Moon/Sea"}, "timeZone"),
        ("histogram", {"buckets": 201}, "buckets"),
        ("histogram", {"dateRange": {"date_to": "all"}}, "dateRange__date_to"),
        ("issue_event", {"issueId": str(uuid.UUID(int=1)), "at": "middle"}, "at"),
        ("similar_issues", {"issueId": str(uuid.UUID(int=1)), "limit": 0}, "limit"),
    ],
)
def test_what_is_wrong_is_told_with_its_field(triage, path, body, attr):
    problem = error(triage.ask("POST", f"query/{path}/", json=body))

    assert (problem.status, problem.attr) == (400, attr)


def test_figures_of_one_issue_agree_in_all_answers(triage):
    issue = triage.issue("f", users=3)
    triage.capture("f", **{"$os": "Linux"})

    asked = {"issueId": issue, "dateRange": {"date_from": "-1d"}}
    breakdown = ask(triage, "breakdown", properties=["$os"], **asked)
    assert breakdown["occurrences"] == 4
    assert breakdown["results"] == [
        {
            "property": "$os",
            "values": [{"value": "Linux", "occurrences": 1, "share": 0.25}],
            "rest": {"values": 0, "occurrences": 0},
            "none": 3,
        }
    ]
    histogram = ask(triage, "histogram", **asked)
    assert (histogram["occurrences"], sum(part["occurrences"] for part in histogram["parts"])) == (4, 4)
    event = ask(triage, "issue_event", **asked)
    assert (event["occurrences"], event["position"]) == (4, 1)
    assert ask(triage, "differences", **asked)["occurrences"] == 4
    assert [each["occurrences"] for each in ask(triage, "grouping", **asked)["results"]] == [4]


def test_an_environment_narrows_events_and_whose_they_are(triage):
    issue = triage.issue("f", environment="production")
    triage.capture("f", environment="staging", **{"$os": "Linux"})

    for asked in ({"issueId": issue}, {}):
        found = ask(triage, "breakdown", properties=["$os"], environment="staging", **asked)
        assert (found["occurrences"], found["results"][0]["values"][0]["value"]) == (1, "Linux")


def test_an_event_that_does_not_match_is_not_found(triage):
    issue, other = triage.issue("f"), triage.issue("g")
    foreign = ask(triage, "issue_event", issueId=other)["event"]["uuid"]

    problem = error(triage.ask("POST", "query/issue_event/", json={"issueId": issue, "event": foreign}))
    assert (problem.status, problem.detail) == (404, "No such event matches.")


# Why the events are together


def test_an_automatic_fingerprint_tells_every_text_that_was_hashed(triage):
    issue = capture(triage, thrown("PayError", "handle", "charge"))

    answer = ask(triage, "grouping", issueId=issue)
    (found,) = answer["results"]
    assert (answer["count"], found["origin"], found["version"], found["is_exact"]) == (1, "automatic", "v3", True)
    assert (found["occurrences"], found["variants"]) == (1, 1)
    texts = [(part["type"], {piece["name"]: piece["text"] for piece in part["pieces"]}) for part in found["parts"]]
    place = {"Source file name": "pay.py", "Module name": "shop.pay"}
    assert texts == [
        ("exception", {"Exception Type": "PayError"}),
        ("frame", {**place, "Resolved function name": "handle"}),
        ("frame", {**place, "Resolved function name": "charge"}),
    ]
    assert [part["in_app"] for part in found["parts"]] == [None, True, True]


def test_without_a_stack_the_message_was_hashed_without_its_values(triage):
    entry = exception("E", "user 4711 is gone")
    del entry["stacktrace"]
    issue = capture(triage, {"$exception_list": [entry]})

    (found,) = ask(triage, "grouping", issueId=issue)["results"]
    (part,) = found["parts"]
    assert (found["is_exact"], part["pieces"][1]) == (True, {"name": "Exception Message", "text": "user # is gone"})


def test_a_fingerprint_of_the_application_has_no_parts(triage):
    (found,) = ask(triage, "grouping", issueId=triage.issue("mine"))["results"]

    assert (found["fingerprint"], found["origin"], found["version"], found["parts"]) == ("mine", "manual", None, [])


def test_a_stack_that_was_resolved_anew_says_only_what_kind_of_text_was_hashed(triage):
    issue = capture(triage, thrown("PayError", "handle"))
    rows = triage.api.events.query(triage.project, "SELECT hash FROM stacks FINAL WHERE project_id = {project:UInt32}")
    shop = Shop(triage.api.events, triage.project)
    for (hash_,) in rows:
        shop.stack([[{"raw_id": "x/0", "in_app": True, "resolved_name": "other"}]], hash=hash_, version=2**40)

    (found,) = ask(triage, "grouping", issueId=issue)["results"]
    assert (found["is_exact"], [part["type"] for part in found["parts"]]) == (False, ["exception", "frame"])
    assert {piece["text"] for part in found["parts"] for piece in part["pieces"]} == {None}


def test_fingerprints_come_in_pages_and_events_outside_of_the_range_do_not_count(triage):
    issue, second = triage.issue("a"), triage.issue("b")
    triage.merge(issue, second)
    triage.capture("a", timestamp=NOW - timedelta(days=30))

    pages = [ask(triage, "grouping", issueId=issue, limit=1, offset=offset) for offset in (0, 1, 2)]
    found = {each["fingerprint"]: each for page in pages for each in page["results"]}
    assert (set(found), [page["count"] for page in pages]) == ({"a", "b"}, [2, 2, 2])
    assert found["a"]["occurrences"] == 1
    ever = ask(triage, "grouping", issueId=issue, dateRange={"date_from": "-60d"})["results"]
    assert {each["fingerprint"]: each["occurrences"] for each in ever} == {"a": 2, "b": 1}


# Likeness


def similar(triage, issue, **asked):
    return {each["id"]: each for each in ask(triage, "similar_issues", issueId=issue, **asked)["results"]}


def test_the_same_stack_the_same_top_and_the_same_type_are_reasons(triage):
    issue = capture(triage, thrown("PayError", "main", "handle", "charge"))
    same_stack = capture(triage, thrown("OtherError", "main", "handle", "charge"))
    same_top = capture(triage, thrown("KeyError", "job", "run", "loop", "charge"))
    some_frames = capture(triage, thrown("IndexError", "main", "handle", "refund"))
    same_type = capture(triage, thrown("PayError", "a", "b", filename="else/where.py", module="else.where"))
    nothing = capture(triage, thrown("IOError", "c", "d", filename="no/where.py", module="no.where"))

    found = similar(triage, issue)
    assert list(found) == [same_stack, same_top, some_frames, same_type] or list(found) == [
        same_stack,
        some_frames,
        same_top,
        same_type,
    ]
    assert nothing not in found
    reasons = {id_: each["reasons"] for id_, each in found.items()}
    top = {"source": "shop/pay.py", "function": "charge"}
    assert reasons[same_stack] == {"same_stack": True, "top_frame": top, "frames": {"shared": 3, "of": 3}, "types": []}
    assert reasons[same_top] == {"same_stack": False, "top_frame": top, "frames": {"shared": 1, "of": 6}, "types": []}
    assert reasons[some_frames]["frames"] == {"shared": 2, "of": 4}
    assert reasons[same_type]["types"] == ["PayError"]
    assert (found[same_stack]["occurrences"], found[same_stack]["likeness"]) == (1, 0.85)


def test_library_frames_are_no_reason_where_there_is_own_code(triage):
    def stack(own):
        frames = [frame("dispatch", in_app=False, filename="lib/web.py"), frame(own, filename=f"{own}.py")]
        return {"$exception_list": [exception(own, stacktrace={"type": "raw", "frames": frames})]}

    issue = capture(triage, stack("first"))
    capture(triage, stack("second"))

    assert similar(triage, issue) == {}


def test_a_similar_issue_that_happened_before_the_range_is_shown_without_events(triage):
    old = capture(triage, thrown("OldError", "handle", "charge"), timestamp=NOW - timedelta(days=20))
    issue = capture(triage, thrown("PayError", "handle", "charge"))

    found = similar(triage, issue)[old]
    assert (found["occurrences"], found["last_seen"], found["name"]) == (0, None, "OldError")


def test_an_issue_without_stack_is_similar_by_type(triage):
    first, second = (triage.issue(name, **{"$exception_list": [{"type": "E", "value": name}]}) for name in "ab")

    found = similar(triage, first)
    assert list(found) == [second]
    assert similar(triage, first, limit=1) == found
