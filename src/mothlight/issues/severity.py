"""How bad a new issue looks, from what its first event says (pipeline 5.4)."""

SEVERITIES = ("low", "medium", "high", "critical")

_BY_LEVEL = {
    "fatal": "critical",
    "critical": "critical",
    "warning": "medium",
    "warn": "medium",
    "info": "low",
    "log": "low",
    "debug": "low",
    "trace": "low",
}


def read_severity(sent: object) -> str | None:
    """`$issue_severity` in lower case where it is one, in any letter case."""
    lower = sent.lower() if isinstance(sent, str) else None
    return lower if lower in SEVERITIES else None


def infer_severity(level: object, handled: object) -> str | None:
    """From `$exception_level` and the first exception's `handled`; None where they say nothing."""
    word = level.lower() if isinstance(level, str) else ""
    if word == "error" and isinstance(handled, bool):
        return "medium" if handled else "high"
    return _BY_LEVEL.get(word)
