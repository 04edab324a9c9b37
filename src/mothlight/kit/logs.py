"""Structured logs on standard error: a constant event name, data in fields, and no secret anywhere.

A terminal gets readable lines, everything else one JSON object a line.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

SECRET = re.compile(r"\b(ph[acsx]_)[A-Za-z0-9_-]{4,}")
"""Project tokens, personal keys and their kin (api 1.3)."""
PASSWORD_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s@/]+(?=@)")

CHATTY = ("urllib3", "clickhouse_connect")
"""Libraries whose warnings repeat what is raised anyway, and hold addresses with all that was bound in them."""

Fields = MutableMapping[str, Any]


def configure_logs(*, readable: bool | None = None, level: int = logging.INFO) -> None:
    """Send the logs of this program and of its libraries to standard error. `readable`: None asks the terminal."""
    chain: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    as_text = sys.stderr.isatty() if readable is None else readable
    final: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if as_text:
        final = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[*chain, final],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=chain, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final]
        )
    )
    # Not by the loggers' levels alone: a library that is loaded later sets its own.
    handler.addFilter(_tells_something_new)
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    quieten_libraries()


def quieten_libraries() -> None:
    """Let libraries log their errors only, where their warnings would tell too much and nothing new."""
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.ERROR)


def _tells_something_new(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or record.name.partition(".")[0] not in CHATTY


def redact(_logger: object, _method: str, fields: Fields) -> Fields:
    """Take secrets out of every field, at any depth."""
    # Names with a line before them are the library's own, and are gone before anything is written.
    return {name: value if name.startswith("_") else _redacted(value) for name, value in fields.items()}


def _redacted(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {_redacted(name): _redacted(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(each) for each in value]
    # Of anything else its words would be written, so its words are looked at.
    text = value if isinstance(value, str) else repr(value)
    return PASSWORD_IN_URL.sub(r"\1…", SECRET.sub(r"\1…", text))
