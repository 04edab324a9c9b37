"""The ways a capture request can be refused. The codes are the error tags of ingest 8, on every capture path."""

from mothlight.model.errors import Refused


def undecodable(detail: str) -> Refused:
    """The bytes cannot be turned into text."""
    return Refused(400, "validation_error", "request_decoding_error", detail)


def unparsable(detail: str) -> Refused:
    """The text is not the JSON that is expected."""
    return Refused(400, "validation_error", "request_parsing_error", detail)


def empty_body() -> Refused:
    """Nothing was sent."""
    return Refused(400, "validation_error", "empty_body", "The request has no body.")


def empty_batch() -> Refused:
    """There is no event in it."""
    return Refused(400, "validation_error", "empty_batch", "The batch holds no event.")


def invalid_batch(detail: str) -> Refused:
    """The events as a whole cannot be taken."""
    return Refused(400, "validation_error", "invalid_batch", detail)


def missing_headers(names: list[str]) -> Refused:
    """Headers that the path requires are absent."""
    return Refused(400, "validation_error", "missing_required_headers", f"Missing headers: {', '.join(names)}.")


def invalid_header(name: str) -> Refused:
    """A header's value is not of its form."""
    return Refused(400, "validation_error", "invalid_header_value", f"The value of {name} is not valid.")


def missing_token() -> Refused:
    """No project token where one is looked for."""
    return Refused(401, "authentication_error", "missing_authorization", "No project token was sent.")


def invalid_token(detail: str = "The project token is not valid.") -> Refused:
    """A token of the wrong shape, or more than one, or of no project here."""
    return Refused(401, "authentication_error", "invalid_api_token", detail)


def stalled() -> Refused:
    """The client stopped sending its body."""
    return Refused(408, "invalid_request", "body_read_timeout", "The body did not arrive in time.")


def too_large(limit: int) -> Refused:
    """More bytes than one request may hold."""
    return Refused(
        413, "invalid_request", "payload_too_large", f"A request may hold {limit // 1048576} MiB after decompression."
    )


def unsupported_content_type() -> Refused:
    """A body that does not call itself JSON where it has to."""
    return Refused(415, "invalid_request", "unsupported_content_type", "The body must be application/json.")


def unsupported_encoding() -> Refused:
    """A `Content-Encoding` that is not known."""
    return Refused(
        415, "invalid_request", "unsupported_encoding", "Content-Encoding must be gzip, deflate, br, zstd or absent."
    )


def method_not_allowed(method: str) -> Refused:
    """The path exists, the method does not."""
    return Refused(405, "invalid_request", "method_not_allowed", f'Method "{method}" not allowed.')


def foreign_origin(origin: str) -> Refused:
    """A page of a website that the project does not take events from."""
    detail = f"Pages of {origin} may not report to this project."
    return Refused(403, "authentication_error", "origin_not_allowed", detail)
