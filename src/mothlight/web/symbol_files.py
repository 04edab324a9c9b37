"""Takes and gives files of symbol sets by signed links, where they lie in a folder of this server (api.md 3.4)."""

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from mothlight.kit.clock import Clock
from mothlight.model.errors import Refused, not_found
from mothlight.storage.blobs.interface import ServedBlobs
from mothlight.storage.blobs.links import DOWNLOAD, DOWNLOAD_PATH, UPLOAD, UPLOAD_PATH
from mothlight.web.errors import answer_problem
from mothlight.web.files import receive_form


def symbol_file_routes(blobs: ServedBlobs, clock: Clock) -> list[Route]:
    """The two routes that links of a folder lead to."""
    served = _SymbolFiles(blobs, clock)
    return [
        Route(UPLOAD_PATH, served.upload, methods=["POST"]),
        Route(DOWNLOAD_PATH, served.download, methods=["GET"]),
    ]


class _SymbolFiles:
    def __init__(self, blobs: ServedBlobs, clock: Clock) -> None:
        self._blobs = blobs
        self._clock = clock

    async def upload(self, request: Request) -> Response:
        """Store the file of a form whose fields are signed; no key is needed."""
        try:
            async with receive_form(request) as (fields, file):
                if not self._blobs.links.allows(UPLOAD, dict(fields), self._clock()):
                    raise _expired()
                await anyio.to_thread.run_sync(self._blobs.write, fields["key"], file)
        except Exception as problem:  # noqa: BLE001 - this is where every failure becomes an answer; defects are logged
            return answer_problem(problem, UPLOAD_PATH)
        return Response(status_code=204)

    async def download(self, request: Request) -> Response:
        """Give the file that the link names, never to be shown by a browser."""
        fields = dict(request.query_params)
        if not self._blobs.links.allows(DOWNLOAD, fields, self._clock()):
            return answer_problem(_expired(), DOWNLOAD_PATH)
        path = await anyio.to_thread.run_sync(self._blobs.file, fields["key"])
        if path is None:
            return answer_problem(not_found(), DOWNLOAD_PATH)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
        return FileResponse(path, headers=headers, media_type="application/octet-stream", filename=path.name)


def _expired() -> Refused:
    return Refused(403, "authentication_error", "permission_denied", "The link is wrong or has expired.")
