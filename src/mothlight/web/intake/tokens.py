"""The shape of a project token (ingest 2). Whether a project has it is asked elsewhere."""

from mothlight.web.intake.refusals import invalid_token, missing_token

_LONGEST = 64
_PERSONAL_KEY = "phx_"
_SCHEME = "bearer "


def check_token(token: object) -> str:
    """The token without surrounding white space. Raises a `Refused` 401."""
    if token is None:
        raise missing_token()
    if not isinstance(token, str):
        raise invalid_token()
    trimmed = token.strip()
    if not trimmed:
        raise missing_token()
    if len(trimmed) > _LONGEST or not trimmed.isascii() or "\0" in trimmed:
        raise invalid_token()
    if trimmed.startswith(_PERSONAL_KEY):
        raise invalid_token("A personal API key is no project token.")
    return trimmed


def bearer_token(authorization: str | None) -> str:
    """The token of an `Authorization` header. Raises a `Refused` 401."""
    if authorization is None or not authorization.lower().startswith(_SCHEME):
        raise missing_token()
    return check_token(authorization[len(_SCHEME) :])
