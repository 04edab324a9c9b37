"""Bodies of API requests (api.md 1.2)."""

import itertools

import anyio
import pytest
from starlette.requests import Request

from mothlight.model.errors import Refused
from mothlight.web.api.body import MAX_BYTES, MAX_DEPTH, MOST_DISCARDED, read_body

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def read(content, content_type=JSON):
    headers = [(b"content-type", content_type.encode())] if content_type else []
    scope = {"type": "http", "method": "POST", "headers": headers, "path": "/", "query_string": b""}
    half = len(content) // 2
    messages = [
        {"type": "http.request", "body": content[:half], "more_body": True},
        {"type": "http.request", "body": content[half:], "more_body": False},
    ]

    async def receive():
        return messages.pop(0)

    return anyio.run(read_body, Request(scope, receive))


def problem(content, content_type=JSON):
    with pytest.raises(Refused) as refused:
        read(content, content_type).fields()
    return refused.value


@pytest.mark.parametrize("content_type", [JSON, "application/json; charset=utf-8", "Application/JSON", ""])
def test_a_json_object_gives_its_fields(content_type):
    assert read(b'{"issueId": "x", "limit": 5}', content_type).fields() == {"issueId": "x", "limit": 5}


@pytest.mark.parametrize("content", [b"", b"  \n"])
@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", ""])
def test_a_missing_body_is_an_empty_object(content, content_type):
    assert read(content, content_type).fields() == {}


@pytest.mark.parametrize(
    "content",
    [
        b'issueId="string"',
        b"{",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"\xff",
        b'{"a": "\\ud800"}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2),
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_is_a_parse_error(content):
    refused = problem(content)

    assert (refused.status, refused.type, refused.code, refused.attr) == (400, "invalid_request", "parse_error", None)
    assert refused.detail.startswith("JSON parse error - ")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"[]", "list"), (b'"x"', "str"), (b"5", "int"), (b"1.5", "float"), (b"true", "bool"), (b"null", "NoneType")],
)
def test_json_that_is_no_object_is_invalid_input(content, kind):
    refused = problem(content)

    assert (refused.status, refused.type, refused.code) == (400, "validation_error", "invalid_input")
    assert refused.detail == f"Invalid data. Expected a dictionary, but got {kind}."
    assert refused.attr is None


def test_form_fields_are_fields_and_dots_make_inner_objects():
    body = read(b"issueId=a%20b&limit=5&limit=6&dateRange.date_from=-1d&dateRange.date_to=&dateRange=x", FORM)

    assert body.fields() == {"issueId": "a b", "limit": "6", "dateRange": "x"}
    assert read(b"dateRange.date_from=-1d&dateRange.date_to=", FORM).fields() == {
        "dateRange": {"date_from": "-1d", "date_to": ""}
    }


def test_multipart_fields_are_fields():
    content = (
        b'--b\r\nContent-Disposition: form-data; name="issueId"\r\n\r\nx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="limit"\r\n\r\n5\r\n--b--\r\n'
    )

    assert read(content, "multipart/form-data; boundary=b").fields() == {"issueId": "x", "limit": "5"}


@pytest.mark.parametrize(
    "content",
    [
        b"no parts",
        b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\nx\r\n--b--\r\n',
    ],
)
def test_broken_multipart_and_files_are_parse_errors(content):
    refused = problem(content, "multipart/form-data; boundary=b")

    assert (refused.status, refused.code) == (400, "parse_error")
    assert refused.detail.startswith("Multipart form parse error - ")


def test_multipart_without_a_boundary_is_a_parse_error():
    assert problem(b"x", "multipart/form-data").code == "parse_error"


def test_another_content_type_is_415():
    refused = problem(b"x", "text/plain")

    assert (refused.status, refused.type, refused.code) == (415, "invalid_request", "unsupported_media_type")
    assert refused.detail == 'Unsupported media type "text/plain" in request.'


def test_a_body_over_the_bound_is_413():
    refused = problem(b'{"a": "' + b"x" * MAX_BYTES + b'"}')

    assert (refused.status, refused.type) == (413, "invalid_request")


def test_an_endless_body_is_not_read_to_its_end():
    chunks = itertools.count()

    async def receive():
        next(chunks)
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    scope = {"type": "http", "method": "POST", "headers": [], "path": "/", "query_string": b""}
    body = anyio.run(read_body, Request(scope, receive))

    assert body.problem.status == 413
    assert next(chunks) == MOST_DISCARDED // 65536 + 1


def test_a_field_can_be_looked_up_even_in_what_is_no_object():
    assert read(b'{"personal_api_key": "phx_1"}').find("personal_api_key") == "phx_1"
    assert read(b"[]").find("personal_api_key") is None
    assert read(b"{").find("personal_api_key") is None


@pytest.mark.parametrize("number", [b"1e400", b"-1e400", b"[1E999]", b"9" * 400 + b".0"])
def test_a_number_beyond_what_floats_hold_is_no_json(number):
    refused = problem(b'{"a": ' + number + b"}")

    assert (refused.status, refused.code) == (400, "parse_error")
    assert "Out of range float values" in refused.detail


@pytest.mark.parametrize("charset", ["undefined", "idna", "utf-7", "unicode_escape", "utf-16", "hex", "nothing"])
def test_a_multipart_body_in_any_charset_is_read_or_refused(charset):
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n+2AA-\\ud800\r\n--b--\r\n'
    body = read(part, f"multipart/form-data; boundary=b; charset={charset}")

    if body.problem is None:
        "".join(body.fields()["a"]).encode()
    else:
        assert (body.problem.status, body.problem.code) == (400, "parse_error")
