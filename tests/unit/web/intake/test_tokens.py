"""The shape of project tokens (ingest 2)."""

import pytest

from mothlight.model.errors import Refused
from mothlight.web.intake.tokens import bearer_token, check_token


@pytest.mark.parametrize("token", ["phc_x", "  phc_x\n", "x" * 64, "anything-ascii"])
def test_a_token_is_trimmed(token):
    assert check_token(token) == token.strip()


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (None, "missing_authorization"),
        ("", "missing_authorization"),
        ("   ", "missing_authorization"),
        ("x" * 65, "invalid_api_token"),
        ("phc_ü", "invalid_api_token"),
        ("phc_\0x", "invalid_api_token"),
        ("phx_personal", "invalid_api_token"),
        (12, "invalid_api_token"),
        ([], "invalid_api_token"),
    ],
)
def test_other_shapes_are_refused(token, code):
    with pytest.raises(Refused) as refusal:
        check_token(token)

    assert (refusal.value.status, refusal.value.code) == (401, code)


@pytest.mark.parametrize("header", ["Bearer phc_x", "bearer  phc_x "])
def test_a_bearer_token_is_read(header):
    assert bearer_token(header) == "phc_x"


@pytest.mark.parametrize("header", [None, "", "Basic phc_x", "phc_x", "Bearer "])
def test_another_header_holds_no_token(header):
    with pytest.raises(Refused) as refusal:
        bearer_token(header)

    assert refusal.value.status == 401
