"""Fields of bodies: types, bounds, choices, defaults, and the words of each error (api.md 1.5, 2.1 to 2.3, 3.9)."""

from uuid import UUID

import pytest

from mothlight.filters.property_filter import PropertyFilter
from mothlight.model.errors import Refused
from mothlight.queries.questions import Assignee, IssueDetail, IssueEvents, IssueList, Window
from mothlight.web.values.changes import ProjectChange, SettingsChange
from mothlight.web.values.questions import QueryIssue, QueryIssueEvents, QueryIssues
from mothlight.web.values.validate import validate

ISSUE = "0196b2c4-7d1e-7c55-9a41-3f0d1c2b4a90"
REQUIRED = ("required", "This field is required.")
NULL = ("null", "This field may not be null.")
BLANK = ("blank", "This field may not be blank.")
NOT_UUID = ("invalid_input", "Must be a valid UUID.")
NOT_INTEGER = ("invalid_input", "A valid integer is required.")
NOT_BOOLEAN = ("invalid_input", "Must be a valid boolean.")
NOT_TEXT = ("invalid_input", "Not a valid string.")
NOT_TEXTS = ("invalid_input", "Expected a string or a non-empty list of strings.")


def choice(value):
    return ("invalid_choice", f'"{value}" is not a valid choice.')


def at_most(bound):
    return ("max_value", f"Ensure this value is less than or equal to {bound}.")


def at_least(bound):
    return ("min_value", f"Ensure this value is greater than or equal to {bound}.")


def too_long(most):
    return ("max_length", f"Ensure this field has no more than {most} characters.")


def not_a_list(kind):
    return ("not_a_list", f'Expected a list of items but got type "{kind}".')


def not_a_dictionary(kind):
    return ("invalid_input", f"Invalid data. Expected a dictionary, but got {kind}.")


def refusal(model, fields):
    with pytest.raises(Refused) as refused:
        validate(model, fields)
    problem = refused.value
    assert (problem.status, problem.type) == (400, "validation_error")
    return problem.code, problem.detail, problem.attr


ISSUES_CASES = [
    ({"dateRange": None}, NULL, "dateRange"),
    ({"dateRange": "-7d"}, not_a_dictionary("str"), "dateRange"),
    ({"dateRange": {"date_from": None}}, NULL, "dateRange__date_from"),
    ({"dateRange": {"date_from": " "}}, BLANK, "dateRange__date_from"),
    ({"dateRange": {"date_from": True}}, NOT_TEXT, "dateRange__date_from"),
    ({"dateRange": {"date_to": ""}}, BLANK, "dateRange__date_to"),
    ({"dateRange": {"date_to": "all"}}, ("invalid_input", 'A date range cannot end at "all".'), "dateRange__date_to"),
    ({"status": "open"}, choice("open"), "status"),
    ({"status": "ACTIVE"}, choice("ACTIVE"), "status"),
    ({"status": None}, NULL, "status"),
    ({"status": ["active"]}, choice("['active']"), "status"),
    ({"assignee": {}}, REQUIRED, "assignee__id"),
    ({"assignee": {"id": 1}}, REQUIRED, "assignee__type"),
    ({"assignee": {"type": "user"}}, REQUIRED, "assignee__id"),
    ({"assignee": {"id": True, "type": "user"}}, ("invalid_input", "Expected a string or integer."), "assignee__id"),
    ({"assignee": {"id": 1.5, "type": "user"}}, ("invalid_input", "Expected a string or integer."), "assignee__id"),
    ({"assignee": {"id": 1, "type": "group"}}, choice("group"), "assignee__type"),
    ({"assignee": [1]}, not_a_dictionary("list"), "assignee"),
    ({"filterTestAccounts": "maybe"}, NOT_BOOLEAN, "filterTestAccounts"),
    ({"filterTestAccounts": 2}, NOT_BOOLEAN, "filterTestAccounts"),
    ({"filterTestAccounts": None}, NULL, "filterTestAccounts"),
    ({"searchQuery": ""}, BLANK, "searchQuery"),
    ({"searchQuery": " \t"}, BLANK, "searchQuery"),
    ({"searchQuery": None}, NULL, "searchQuery"),
    ({"searchQuery": ["x"]}, NOT_TEXT, "searchQuery"),
    ({"searchQuery": "x" * 501}, too_long(500), "searchQuery"),
    ({"searchQuery": "a\0b"}, ("null_characters_not_allowed", "Null characters are not allowed."), "searchQuery"),
    ({"filterGroup": "x"}, not_a_list("str"), "filterGroup"),
    ({"filterGroup": {}}, not_a_list("dict"), "filterGroup"),
    ({"filterGroup": None}, NULL, "filterGroup"),
    ({"filterGroup": [{"type": "OR", "values": []}]}, REQUIRED, "filterGroup__0__key"),
    ({"filterGroup": [{"key": "a", "value": 1}, {"key": "b"}]}, REQUIRED, "filterGroup__1__value"),
    ({"filterGroup": [{"key": "a", "value": 1, "type": "foo"}]}, choice("foo"), "filterGroup__0__type"),
    ({"filterGroup": [{"key": "a", "value": 1, "operator": "foo"}]}, choice("foo"), "filterGroup__0__operator"),
    (
        {"filterGroup": [{"key": "1 = 1", "value": "1", "type": "hogql"}]},
        ("invalid_input", "HogQL property filters are not supported here."),
        "filterGroup",
    ),
    ({"orderBy": "revenue"}, choice("revenue"), "orderBy"),
    ({"orderDirection": "desc"}, choice("desc"), "orderDirection"),
    ({"limit": 101}, at_most(100), "limit"),
    ({"limit": 0}, at_least(1), "limit"),
    ({"limit": "many"}, NOT_INTEGER, "limit"),
    ({"limit": 1.5}, NOT_INTEGER, "limit"),
    ({"limit": True}, NOT_INTEGER, "limit"),
    ({"limit": None}, NULL, "limit"),
    ({"limit": []}, NOT_INTEGER, "limit"),
    ({"offset": -1}, at_least(0), "offset"),
    ({"volumeResolution": 201}, at_most(200), "volumeResolution"),
    ({"volumeResolution": -1}, at_least(0), "volumeResolution"),
    ({"library": []}, NOT_TEXTS, "library"),
    ({"library": 5}, NOT_TEXTS, "library"),
    ({"library": ["web", 5]}, NOT_TEXTS, "library"),
    ({"library": None}, NULL, "library"),
    ({"release": ""}, BLANK, "release"),
    ({"release": "x" * 501}, too_long(500), "release"),
    ({"release": None}, NULL, "release"),
    ({"fingerprint": {}}, NOT_TEXTS, "fingerprint"),
    ({"fingerprint": [[]]}, NOT_TEXTS, "fingerprint"),
    ({"user": ""}, BLANK, "user"),
    ({"user": "x" * 501}, too_long(500), "user"),
    ({"personId": "not-a-uuid"}, NOT_UUID, "personId"),
    ({"personId": 5}, NOT_UUID, "personId"),
    ({"personId": None}, NULL, "personId"),
    ({"url": ""}, BLANK, "url"),
    ({"url": "x" * 1001}, too_long(1000), "url"),
    ({"filePath": ""}, BLANK, "filePath"),
    ({"filePath": "x" * 1001}, too_long(1000), "filePath"),
]

ISSUE_CASES = [
    ({}, REQUIRED, "issueId"),
    ({"issueId": None}, NULL, "issueId"),
    ({"issueId": "x"}, NOT_UUID, "issueId"),
    ({"issueId": ISSUE, "volumeResolution": 201}, at_most(200), "volumeResolution"),
    ({"issueId": ISSUE, "includeSparkline": "perhaps"}, NOT_BOOLEAN, "includeSparkline"),
    ({"issueId": ISSUE, "dateRange": {"date_from": ""}}, BLANK, "dateRange__date_from"),
    ({"issueId": ISSUE, "filterTestAccounts": []}, NOT_BOOLEAN, "filterTestAccounts"),
]

EVENTS_CASES = [
    ({}, REQUIRED, "issueId"),
    ({"issueId": ISSUE, "limit": 21}, at_most(20), "limit"),
    ({"issueId": ISSUE, "limit": 0}, at_least(1), "limit"),
    ({"issueId": ISSUE, "offset": -1}, at_least(0), "offset"),
    ({"issueId": ISSUE, "searchQuery": ""}, BLANK, "searchQuery"),
    ({"issueId": ISSUE, "searchQuery": "x" * 501}, too_long(500), "searchQuery"),
    ({"issueId": ISSUE, "orderDirection": "up"}, choice("up"), "orderDirection"),
    ({"issueId": ISSUE, "verbosity": "all"}, choice("all"), "verbosity"),
    ({"issueId": ISSUE, "onlyAppFrames": "x"}, NOT_BOOLEAN, "onlyAppFrames"),
    ({"issueId": ISSUE, "filterGroup": [{"value": 1}]}, REQUIRED, "filterGroup__0__key"),
    (
        {"issueId": ISSUE, "filterGroup": [{"key": "a", "value": "1", "type": "hogql"}]},
        ("invalid_input", "HogQL property filters are not supported here."),
        "filterGroup",
    ),
]


@pytest.mark.parametrize(("fields", "error", "attr"), ISSUES_CASES)
def test_query_issues_tells_what_is_wrong_with_a_field(fields, error, attr):
    assert refusal(QueryIssues, fields) == (*error, attr)


@pytest.mark.parametrize(("fields", "error", "attr"), ISSUE_CASES)
def test_query_issue_tells_what_is_wrong_with_a_field(fields, error, attr):
    assert refusal(QueryIssue, fields) == (*error, attr)


@pytest.mark.parametrize(("fields", "error", "attr"), EVENTS_CASES)
def test_query_issue_events_tells_what_is_wrong_with_a_field(fields, error, attr):
    assert refusal(QueryIssueEvents, fields) == (*error, attr)


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"limit": 0, "status": "open"}, "status"),
        ({"filePath": "", "user": ""}, "user"),
        ({"orderBy": "x", "filterGroup": [{}]}, "filterGroup__0__key"),
        ({"filterGroup": [{}], "searchQuery": ""}, "searchQuery"),
        ({"assignee": {}, "dateRange": {"date_from": None, "date_to": ""}}, "dateRange__date_from"),
        ({"filterGroup": [{"key": "a", "operator": "foo", "type": "bar"}]}, "filterGroup__0__value"),
    ],
)
def test_only_the_first_error_in_the_order_of_the_contracts_table_is_told(fields, attr):
    assert refusal(QueryIssues, fields)[2] == attr


def test_query_issues_has_the_contracts_defaults():
    question = validate(QueryIssues, {}).question()

    assert question == IssueList()
    assert question.window == Window("-7d", None)
    assert (question.status, question.assignee, question.filter_test_accounts) == ("active", None, True)
    assert (question.order_by, question.order_direction) == ("occurrences", "DESC")
    assert (question.limit, question.offset, question.volume_resolution) == (25, 0, 0)


def test_query_issue_has_the_contracts_defaults():
    question = validate(QueryIssue, {"issueId": ISSUE}).question()

    assert question == IssueDetail(
        issue_id=UUID(ISSUE),
        window=Window("-7d", None),
        filter_test_accounts=True,
        volume_resolution=0,
        include_sparkline=False,
    )


def test_query_issue_events_has_the_contracts_defaults():
    question = validate(QueryIssueEvents, {"issueId": ISSUE}).question()

    assert question == IssueEvents(
        issue_id=UUID(ISSUE),
        window=Window("-7d", None),
        filter_test_accounts=True,
        filters=(),
        search_query=None,
        order_direction="DESC",
        limit=1,
        offset=0,
        verbosity="summary",
        only_app_frames=True,
    )


def test_every_field_of_query_issues_reaches_the_question():
    question = validate(
        QueryIssues,
        {
            "dateRange": {"date_from": "-1d", "date_to": "2026-04-24"},
            "status": "resolved",
            "assignee": {"id": "5", "type": "user"},
            "filterTestAccounts": False,
            "searchQuery": " a ",
            "filterGroup": [{"key": "$browser", "value": ["Chrome"]}],
            "orderBy": "users",
            "orderDirection": "ASC",
            "limit": 100,
            "offset": 7,
            "volumeResolution": 200,
            "library": "web",
            "release": " 1.0 ",
            "fingerprint": [" F", "G"],
            "user": "ada",
            "personId": ISSUE,
            "url": "/x",
            "filePath": "y.ts",
            "unknown": object(),
        },
    ).question()

    assert question == IssueList(
        window=Window("-1d", "2026-04-24"),
        status="resolved",
        assignee=Assignee("5", "user"),
        filter_test_accounts=False,
        search_query="a",
        filters=(PropertyFilter("event", "$browser", "exact", ("Chrome",)),),
        order_by="users",
        order_direction="ASC",
        limit=100,
        offset=7,
        volume_resolution=200,
        libraries=("web",),
        release="1.0",
        fingerprints=(" F", "G"),
        user="ada",
        person_id=UUID(ISSUE),
        url="/x",
        file_path="y.ts",
    )


def test_status_all_disables_the_filter():
    assert validate(QueryIssues, {"status": "all"}).question().status is None


@pytest.mark.parametrize("status", ["archived", "active", "resolved", "pending_release", "suppressed"])
def test_every_status_can_be_asked_for(status):
    assert validate(QueryIssues, {"status": status}).question().status == status


@pytest.mark.parametrize(
    "fields",
    [{"assignee": None}, {"dateRange": {"date_to": None}}, {"dateRange": {}}, {"searchQuery": f"  {'x' * 500} "}],
)
def test_what_the_contract_allows_is_taken(fields):
    validate(QueryIssues, fields)


@pytest.mark.parametrize(
    ("spelling", "value"),
    [
        *[(true, True) for true in (True, 1, 1.0, "true", "True", "TRUE", "1", "t", "yes", "on", " true ")],
        *[(false, False) for false in (False, 0, 0.0, "false", "False", "0", "f", "no", "off")],
    ],
)
def test_booleans_have_the_usual_spellings(spelling, value):
    assert validate(QueryIssues, {"filterTestAccounts": spelling}).filter_test_accounts is value


@pytest.mark.parametrize(("spelling", "value"), [(7, 7), ("7", 7), (" 7 ", 7), (7.0, 7), ("7.0", 7), ("+7", 7)])
def test_integers_may_be_texts(spelling, value):
    assert validate(QueryIssues, {"limit": spelling}).limit == value


@pytest.mark.parametrize(
    "spelling", [ISSUE, ISSUE.upper(), ISSUE.replace("-", ""), f" {ISSUE} ", f"{{{ISSUE}}}", f"urn:uuid:{ISSUE}"]
)
def test_uuids_are_normalised(spelling):
    assert str(validate(QueryIssue, {"issueId": spelling}).issue_id) == ISSUE


def test_an_offset_beyond_any_number_of_rows_stays_bindable():
    assert validate(QueryIssues, {"offset": 10**25}).question().offset == 2**63 - 1


@pytest.mark.parametrize(
    ("fields", "error", "attr"),
    [
        ({"project_rate_limit_value": 0}, at_least(1), "project_rate_limit_value"),
        ({"project_rate_limit_bucket_size_minutes": -1}, at_least(1), "project_rate_limit_bucket_size_minutes"),
        ({"per_issue_rate_limit_value": "x"}, NOT_INTEGER, "per_issue_rate_limit_value"),
        ({"per_issue_rate_limit_bucket_size_minutes": 1.5}, NOT_INTEGER, "per_issue_rate_limit_bucket_size_minutes"),
        ({"per_issue_rate_limit_value": 2**31}, at_most(2**31 - 1), "per_issue_rate_limit_value"),
    ],
)
def test_limits_are_whole_numbers_from_one(fields, error, attr):
    assert refusal(SettingsChange, fields) == (*error, attr)


def test_a_change_of_settings_knows_what_was_sent():
    change = validate(SettingsChange, {"project_rate_limit_value": None, "per_issue_rate_limit_value": "5"})

    assert change.model_dump(exclude_unset=True) == {"project_rate_limit_value": None, "per_issue_rate_limit_value": 5}


@pytest.mark.parametrize(
    ("fields", "error", "attr"),
    [
        ({"name": ""}, BLANK, "name"),
        ({"name": None}, NULL, "name"),
        ({"name": "x" * 201}, too_long(200), "name"),
        ({"test_account_filters": None}, NULL, "test_account_filters"),
        ({"test_account_filters": "x"}, not_a_list("str"), "test_account_filters"),
        ({"test_account_filters": [{"key": "a"}]}, REQUIRED, "test_account_filters__0__value"),
        (
            {"test_account_filters": [{"key": "a", "value": "1", "type": "hogql"}]},
            ("invalid_input", "HogQL property filters are not supported here."),
            "test_account_filters",
        ),
    ],
)
def test_a_change_of_a_project_is_checked(fields, error, attr):
    assert refusal(ProjectChange, fields) == (*error, attr)
