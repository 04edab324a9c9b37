"""A web page of somebody who uses Mothlight: another site, with the lines that the onboarding page shows."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title>{snippet}</head>
<body>
<script>
function pay(order) {{ throw new TypeError(order.message); }}
function ship(order) {{ throw new RangeError(order.message); }}
</script>
</body>
</html>
"""


class Shop:
    """The site: `page` is what it answers to everything."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.page = "<!DOCTYPE html><title>Shop</title>"

    def install(self, snippet: str) -> None:
        """Put lines into the head of the page."""
        self.page = PAGE.format(snippet=snippet)


@contextmanager
def open_shop() -> Iterator[Shop]:
    """The site on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(shop.page.encode())

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shop = Shop(f"http://shop.example:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
