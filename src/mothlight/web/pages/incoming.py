"""A request of a browser, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, ImmutableMultiDict, QueryParams
from starlette.requests import Request

from mothlight.model.errors import Refused
from mothlight.web.address import PublicAddress

MAX_BYTES = 1024 * 1024
"""A form is some kilobytes."""
MAX_FIELDS = 1000
FORM = "application/x-www-form-urlencoded"

Form = ImmutableMultiDict[str, str]


@dataclass(frozen=True, slots=True)
class Incoming:
    """What a page is told about a request."""

    method: str
    """HEAD counts as GET."""
    path: str
    """Without what a proxy puts before it."""
    parameters: Mapping[str, str]
    """What stands in the path."""
    query: QueryParams
    form: Form
    headers: Headers
    cookies: Mapping[str, str]
    address: str
    """Where browsers see this server: scheme, host, and a path if it is not at the root."""
    prefix: str
    """The path of the address, or nothing. Stands before every path that a page names."""
    client: str
    """The address of who asks."""
    is_own: bool
    """Whether the browser says that one of our pages asks."""

    @property
    def is_secure(self) -> bool:
        """Whether browsers come over https."""
        return self.address.startswith("https:")

    @property
    def is_fragment(self) -> bool:
        """Whether htmx asks for a part of a page, and not for the page."""
        return self.headers.get("hx-request-type") == "partial"

    @property
    def is_scripted(self) -> bool:
        """Whether htmx asks, for whatever."""
        return self.headers.get("hx-request") == "true"

    @property
    def here(self) -> str:
        """Path and query, to come back to."""
        return f"{self.path}?{self.query}" if self.query else self.path


async def read_incoming(request: Request, address: PublicAddress) -> tuple[Incoming, Refused | None]:
    """The request with its form; or with an empty one, and why: whoever makes pages tells it."""
    problem = None
    form = Form()
    try:
        if request.method == "POST":
            form = await _read_form(request)
    except Refused as found:
        problem = found
    incoming = Incoming(
        method="GET" if request.method == "HEAD" else request.method,
        path=request.scope["path"],
        parameters=request.path_params,
        query=request.query_params,
        form=form,
        headers=request.headers,
        cookies=request.cookies,
        address=address.of(request),
        prefix=address.prefix(request),
        client=address.client_of(request),
        is_own=_is_own(request, address),
    )
    return incoming, problem


def _is_own(request: Request, address: PublicAddress) -> bool:
    origin = request.headers.get("origin")
    if origin is None:
        return request.headers.get("sec-fetch-site") == "same-origin"
    return address.is_origin(request, origin)


async def _read_form(request: Request) -> Form:
    content = await read_bounded(request, MAX_BYTES)
    declared = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if declared not in ("", FORM):
        raise Refused(415, "invalid_request", "unsupported_media_type", "This page takes forms only.")
    try:
        pairs = parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise Refused(400, "invalid_request", "parse_error", "The form could not be read.") from None
    if any("\x00" in part for pair in pairs for part in pair):
        raise Refused(400, "invalid_request", "parse_error", "A form has no null characters.")
    return Form(pairs)


async def read_bounded(request: Request, most: int) -> bytes:
    """The body.

    Raises:
        Refused: it is longer (413).
    """
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise Refused(413, "invalid_request", "request_too_large", f"What was sent is larger than {most} bytes.")
        chunks.append(chunk)
    return b"".join(chunks)
