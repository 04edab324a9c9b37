"""A ClickHouse server for tests: HTTP in front, chDB behind, in a process of its own.

`python -m tests.support.clickhouse_listener DIRECTORY PORT` serves until it is ended; port 0 takes a free one. The
first line on standard output is `listening on PORT`. The engine, its SQL and the transport are the real ones; only this
listener is ours. It speaks what `clickhouse-connect` asks for: the statement in the body, the query string or a form;
parameters, settings and database beside it; inserts with their data after the statement; errors as status and header.

`POST /__test__` with `{"delay": SECONDS, "fail": CODE or null, "times": N}` makes the next N statements slow or
failing. With `"status": NUMBER` they are answered by that status alone, as a proxy in front of a dead server does. With
`"about": TEXT` only statements that contain the text are meant; with `"late": true` they are executed before the
delay and the failure, so that what is lost is the answer.
"""

import email.parser
import email.policy
import gzip
import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import chdb

NO_SETTINGS = {
    "database", "query", "default_format", "query_id", "session_id", "session_timeout", "session_check",
    "quota_key", "user", "password",
    "wait_end_of_query", "client_protocol_version", "enable_http_compression", "compress", "decompress",
    "buffer_size", "role",
    "send_progress_in_http_headers", "http_headers_progress_interval_ms",
    "cancel_http_readonly_queries_on_client_close",
}  # fmt: skip
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
ERROR_CODE = re.compile(r"Code: (\d+)")
FORMAT = re.compile(rb"\bFORMAT\s+(\w+)\s*;?\s*$", re.IGNORECASE)
INSERT = re.compile(rb"\s*INSERT\b", re.IGNORECASE)


class Trouble:
    """What goes wrong on demand."""

    def __init__(self):
        self.lock = threading.Lock()
        self.set({})

    def set(self, wanted):
        with self.lock:
            self.wanted = wanted
            self.times = int(wanted.get("times", 0))
            self.about = wanted.get("about", "").encode()

    def take(self, sql):
        """What is wanted of one statement; mostly nothing."""
        with self.lock:
            if self.times <= 0 or self.about not in sql:
                return {}
            self.times -= 1
            return self.wanted


class Statement:
    """One request, read."""

    def __init__(self, address, body, content_type):
        options = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
        if content_type.startswith("multipart/form-data"):
            options |= read_form(body, content_type)
            body = b""
        sql = options.get("query", "").encode()
        self.sql = sql + b"\n" + body if sql and body else sql or body
        self.database = options.get("database")
        self.parameters = {name[6:]: value for name, value in options.items() if name.startswith("param_")}
        self.settings = {
            name: value for name, value in options.items() if name not in NO_SETTINGS and not name.startswith("param_")
        }

    def run(self, directory):
        """The result's bytes and its format. Each statement has its own session, as over HTTP."""
        connection = chdb.connect(directory)
        try:
            if self.database:
                connection.query(f"USE {backquoted(self.database)}")
            for name, value in self.settings.items():
                if not NAME.fullmatch(name):
                    raise RuntimeError(f"Code: 36. DB::Exception: bad setting name {name} (BAD_ARGUMENTS)")
                connection.query(f"SET {name} = {quoted(value)}")
            insert = INSERT.match(self.sql)
            named = None if insert else FORMAT.search(self.sql)
            result = connection.query(self.sql, "TabSeparated", params=self.parameters)
            return result.bytes() or b"", named.group(1).decode() if named else "TabSeparated"
        finally:
            connection.close()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = ""
    trouble = Trouble()

    def do_GET(self):
        if urlsplit(self.path).path == "/ping":
            self.answer(200, b"Ok.\n")
        else:
            self.execute()

    def do_POST(self):
        if urlsplit(self.path).path == "/__test__":
            self.trouble.set(json.loads(self.body()))
            self.answer(200, b"")
        else:
            self.execute()

    def execute(self):
        statement = Statement(self.path, self.body(), self.headers.get("Content-Type", ""))
        wanted = self.trouble.take(statement.sql)
        try:
            if wanted.get("late"):
                statement.run(self.directory)
            time.sleep(wanted.get("delay", 0))
            if wanted.get("status"):
                self.answer(wanted["status"], b"on demand")
                return
            if wanted.get("fail") is not None:
                raise RuntimeError(f"Code: {wanted['fail']}. DB::Exception: on demand. (ON_DEMAND)")
            result, form = (b"", None) if wanted.get("late") else statement.run(self.directory)
        except Exception as error:  # noqa: BLE001 - whatever the engine says goes to the client
            text = str(error)
            found = ERROR_CODE.search(text)
            self.answer(500, text.encode(), {"X-ClickHouse-Exception-Code": found.group(1) if found else "1001"})
        else:
            self.answer(200, result, {"X-ClickHouse-Format": form} if result else {})

    def body(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def answer(self, status, body, headers=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-ClickHouse-Timezone", "UTC")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Clients that are killed go away in the middle; everything else is told."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def read_form(body, content_type):
    """The text fields of a multipart form."""
    whole = b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(whole)
    return {
        part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def backquoted(name):
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def main():
    directory, port = sys.argv[1:]
    Path(directory).mkdir(parents=True, exist_ok=True)
    Handler.directory = str(Path(directory).resolve())
    # The engine ends with its last connection, so one stays open.
    keeper = chdb.connect(Handler.directory)
    server = Server(("127.0.0.1", int(port)), Handler)
    sys.stdout.write(f"listening on {server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    keeper.close()


if __name__ == "__main__":
    main()
