"""Serves what pages load, and takes what browsers report about it."""

import json
import time
from collections.abc import Callable

import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import Response

from mothlight.model.errors import Refused, not_found
from mothlight.web.pages.assets import Assets
from mothlight.web.pages.headers import security_headers
from mothlight.web.pages.incoming import read_bounded

log = structlog.get_logger(__name__)

FOR_EVER = "public, max-age=31536000, immutable"
REPORT_BYTES = 16 * 1024
REPORTS_A_MINUTE = 20
"""More are not logged: anybody can send them."""
LONGEST_TEXT = 300
_TOLD = ("document-uri", "documentURL", "blocked-uri", "blockedURL", "effective-directive", "effectiveDirective")


async def serve_asset(assets: Assets, prefix: str, request: Request) -> Response:
    """One of the assets, for ever if the address holds their present hash."""
    asset = assets.find(request.path_params["name"])
    if asset is None:
        raise not_found()
    accepted = request.headers.get("accept-encoding", "")
    content, encoding = await anyio.to_thread.run_sync(asset.encoded, accepted)
    is_present = request.path_params["hash"] == assets.hash
    headers = {
        **security_headers(prefix),
        "Cache-Control": FOR_EVER if is_present else "no-cache",
        "Vary": "Accept-Encoding",
        **({"Content-Encoding": encoding} if encoding else {}),
    }
    return Response(content, headers=headers, media_type=asset.media_type)


class Reports:
    """Takes reports about what the security policy refused. Each that comes is a defect of ours, or an attempt."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._minute = 0.0
        self._logged = 0

    async def take(self, request: Request) -> Response:
        """Log one request's reports, as far as there is room."""
        try:
            content = json.loads(await read_bounded(request, REPORT_BYTES))
        except (Refused, ValueError):
            return Response(status_code=400)
        for report in content if isinstance(content, list) else [content]:
            body = report.get("csp-report") or report.get("body") if isinstance(report, dict) else None
            if isinstance(body, dict) and self._has_room():
                log.warning("page_policy_violated", **_told(body))
        return Response(status_code=204)

    def _has_room(self) -> bool:
        now = self._monotonic()
        if now - self._minute >= 60:
            self._minute, self._logged = now, 0
        self._logged += 1
        return self._logged <= REPORTS_A_MINUTE


def _told(body: dict[str, object]) -> dict[str, str]:
    """What is known of a report, without queries, which may hold what somebody searched for."""
    known = {name: str(body[name])[:LONGEST_TEXT].split("?")[0] for name in _TOLD if name in body}
    names = {"documentURL": "page", "document-uri": "page", "blockedURL": "blocked", "blocked-uri": "blocked"}
    return {names.get(name, "directive"): value for name, value in known.items()}
