"""Local variables come masked (pipeline 3.7)."""

import json
import time

import pytest

from mothlight.frames.secrets import REDACTED, TOO_LONG
from mothlight.frames.variables import MOST_VALUES, mask_list, mask_variables

RANDOM = "Zk9vQ2xT7mWp4RbN8sYd"


@pytest.mark.parametrize(
    "value",
    [
        5,
        1.5,
        True,
        None,
        "hello",
        "",
        [],
        {},
        "checkout failed for grace",
        "/srv/app/Releases/2024-01-02/Main.py",
        "./Build/Output-9/Main",
        "C:\\Users\\Ada\\App-9\\Main.exe",
        "src/App-2/Main_file9.py",
        "https://Example.com/Path/9-abcXYZ",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "DEADBEEFdeadbeef0123456789",
        "Order(id=Zk9vQ2xT7mWp4RbN8sYd)",
        "lowercaseonlyidentifier",
        "user@example.com",
        "https://user@example.com/",
        "Basic research was done here",
        "the bearer arrived at noon",
        "Bearer short",
        '{"amount": 5, "items": ["a"]}',
        REDACTED,
        TOO_LONG,
    ],
)
def test_keeps_what_is_no_secret(value):
    assert mask_variables(value) == value


@pytest.mark.parametrize(
    "text",
    [
        *("password", "my SECRET", "passwd", "PWD=1", "api_key", "ApiKey", "author", "credentials", "privatekey"),
        *("private_key", "tokens", "AWS_ACCESS_KEY_ID", "user_pass", "jwt", "connection_string", "ConnectionString"),
        *("conn_str", "connstr", "dsn", "http://x/?sig=1", "a&sig=2", "sk_x", "an sk_x"),
    ],
)
def test_redacts_a_text_with_a_sensitive_word(text):
    assert mask_variables(text) == REDACTED


def test_does_not_take_sk_inside_a_word_for_a_key():
    assert mask_variables("task_1 disk_2") == "task_1 disk_2"


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "AKIAIOSFODNN7EXAMPLE",
        "id AKIAIOSFODNN7EXAMPLE used",
        "AIzaSyA1234567890abcdefghij",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "github_pat_11ABCDEFG",
        "glpat-abcdefghijklmnopqrst",
        "xoxb-123456789012-abcdef",
        "whsec_abcdefghijklmnop",
        "npm_abcdefghijklmnopqrstuvwxyz",
        "pypi-AgEIcHlwaS5vcmc",
        "SG.abcdefghijklmnopqrst.uvwxyz",
        "phx_abcdefghijklmnopqrst",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        RANDOM,
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    ],
)
def test_redacts_what_looks_like_a_secret(text):
    assert mask_variables(text) == REDACTED


@pytest.mark.parametrize("text", ["AKIAIOSFODNN7EX"[:15], RANDOM[:15], "aB3$aB3$aB3$aB3$"])
def test_keeps_what_is_too_short_or_too_regular(text):
    assert mask_variables(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgres://ada:hunter2@db/shop", f"postgres://{REDACTED}@db/shop"),
        ("see http://a:b@h1 and http://c:d@h2", f"see http://{REDACTED}@h1 and http://{REDACTED}@h2"),
        ("redis://:p@ss@cache", f"redis://{REDACTED}@cache"),
        pytest.param("send Bearer abcdefgh now", "send Bearer abcdefgh now", id="prose: a word and more behind it"),
        ("send Bearer abcdefgh", f"send Bearer {REDACTED}"),
        ("send bearer ABCD-1234 now", f"send bearer {REDACTED} now"),
        ("header: Basic YTpi", f"header: Basic {REDACTED}"),
        ("header: Basic YTpi more", f"header: Basic {REDACTED} more"),
        ("Bearer abcdefghijklmnop follows", f"Bearer {REDACTED} follows"),
    ],
)
def test_cuts_credentials_out_of_a_text(text, expected):
    assert mask_variables(text) == expected


def test_replaces_texts_that_are_too_long():
    assert mask_variables(["x" * 2048, "x" * 2049]) == ["x" * 2048, TOO_LONG]


def test_masks_inside_of_json_texts():
    text = '{"user": "ada", "password": "x", "more": ["ghp_abcdefghijklmnopqrst"]}'

    masked = mask_variables({"body": text})["body"]

    assert json.loads(masked) == {"user": "ada", "password": REDACTED, "more": [REDACTED]}


def test_keeps_json_texts_without_secrets_to_the_letter():
    text = '{ "user" : "ada",\n "n": 1.0 }'

    assert mask_variables(text) == text


def test_takes_a_broken_json_text_for_a_text():
    assert mask_variables('{"password": ') == REDACTED
    assert mask_variables("{not json}") == "{not json}"


def nested(levels):
    value = "innermost"
    for _ in range(levels):
        value = [value]
    return value


def test_replaces_containers_nested_deeper_than_12():
    assert mask_variables(nested(12)) == nested(12)
    assert TOO_LONG in json.dumps(mask_variables(nested(13)))
    assert "innermost" not in json.dumps(mask_variables(nested(13)))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"password": "x", "n": 1}, {"password": REDACTED, "n": 1}),
        ({"user.api_key-1": {"a": 1}}, {"user.api_key-1": REDACTED}),
        ({"my password": "x"}, {"$$_posthog_redacted_key_0_$$": REDACTED}),
        (
            {"my password": "x", "a token!": 1, "$$_posthog_redacted_key_0_$$": "mine"},
            {
                "$$_posthog_redacted_key_1_$$": REDACTED,
                "$$_posthog_redacted_key_2_$$": REDACTED,
                "$$_posthog_redacted_key_0_$$": "mine",
            },
        ),
        ({"k" * 2049: "x"}, {"$$_posthog_redacted_key_0_$$": TOO_LONG}),
        ({RANDOM: "x"}, {"$$_posthog_redacted_key_0_$$": "x"}),
        (
            {"ftp://a:b@host": 1, "ftp://c:d@host": 2},
            {f"ftp://{REDACTED}@host": 1, "$$_posthog_redacted_key_0_$$": 2},
        ),
        ({"plain words": "x"}, {"plain words": "x"}),
    ],
)
def test_masks_keys(sent, expected):
    assert mask_variables(sent) == expected


def test_masks_a_whole_list_and_leaves_what_is_no_frame():
    frame = {"platform": "python", "function": "f", "code_variables": {"password": "x"}}
    sent = [{"type": 5, "stacktrace": {"frames": [frame, "odd", {"function": "g"}]}}, "odd", {"stacktrace": "odd"}]

    masked = mask_list(sent)

    assert masked[0]["stacktrace"]["frames"][0]["code_variables"] == {"password": REDACTED}
    assert masked[0]["stacktrace"]["frames"][1:] == ["odd", {"function": "g"}]
    assert masked[1:] == ["odd", {"stacktrace": "odd"}]
    assert frame["code_variables"] == {"password": "x"}


@pytest.mark.parametrize("value", [None, "text", {"a": 1}, 5])
def test_a_list_of_another_shape_stays(value):
    assert mask_list(value) == value


def test_looks_at_a_bounded_number_of_values():
    masked = mask_variables(["x"] * (MOST_VALUES + 5))

    assert masked[MOST_VALUES - 2] == "x"
    assert masked[MOST_VALUES:] == [TOO_LONG] * 5


@pytest.mark.parametrize(
    "hostile",
    [
        "a://" * 512,
        "Bearer " * 292,
        "a" * 2048,
        "A1$/" * 512,
        "://" + ":" * 2000,
        "{" * 2048,
        "://a:" * 400,
        "AC" * 1024,
    ],
)
def test_takes_time_linear_in_the_text(hostile):
    start = time.perf_counter()

    mask_variables([hostile] * 20)

    assert time.perf_counter() - start < 1
