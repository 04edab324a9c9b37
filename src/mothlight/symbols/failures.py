"""Why a frame could not be resolved: the texts of pipeline 3.6, grouped for counting."""

from enum import StrEnum
from typing import NamedTuple

from mothlight.symbols.look_ups import Reason, Unreadable


class FailureCode(StrEnum):
    """The groups that failures are counted in."""

    NO_REFERENCE = "no_reference"
    NO_SYMBOL_SET = "no_symbol_set"
    SYMBOL_NOT_FOUND = "symbol_not_found"
    NETWORK_ERROR = "network_error"
    INVALID_DATA = "invalid_data"


class Failure(NamedTuple):
    """Why there is no answer: the text stands on the frame as `resolve_failure`."""

    code: FailureCode
    text: str


_NO_MAP = "Could not find sourcemap for source url: "

_FETCHING = ("HTTP error ", "Network error ", "Redirect error ", "Request timed out ", "Blocked ")

NO_SCRIPT_REFERENCE = Failure(FailureCode.NO_REFERENCE, "This frame had no source url or chunk id")
INVALID_CLASS_FORMAT = Failure(FailureCode.SYMBOL_NOT_FOUND, "Invalid class format")


def no_map_for_url(url: str) -> Failure:
    """Neither header nor comment nor a file beside the script names a map."""
    return Failure(FailureCode.NO_SYMBOL_SET, _NO_MAP + url)


def is_no_map_for_url(failure: Failure) -> bool:
    """Whether all that went wrong is that the script has no map: then it may never have been minified."""
    return failure.text.startswith(_NO_MAP)


def could_not_fetch(text: str) -> Failure:
    """A script or its map could not be fetched."""
    return Failure(FailureCode.NETWORK_ERROR, text)


def invalid_script(text: str) -> Failure:
    """What was fetched, or was to be fetched, cannot be used."""
    return Failure(FailureCode.INVALID_DATA, text)


def remembered(text: str) -> Failure:
    """A failure to fetch of which the text was kept."""
    if text.startswith(_NO_MAP):
        return Failure(FailureCode.NO_SYMBOL_SET, text)
    if text.startswith(_FETCHING):
        return could_not_fetch(text)
    return invalid_script(text)


def not_found(text: str) -> Failure:
    """The symbol data is sound and says nothing about the frame."""
    return Failure(FailureCode.SYMBOL_NOT_FOUND, text)


def script_unreadable(problem: Unreadable) -> Failure:
    """For scripts in browsers and on servers."""
    texts = {
        Reason.DATA: f"JSDataError: {problem.detail}",
        Reason.CONTENT: f"Invalid source map: {problem.detail}",
        Reason.PAIR: "Invalid Source and Map",
    }
    return Failure(FailureCode.INVALID_DATA, texts[problem.reason])


def hermes_unreadable(problem: Unreadable) -> Failure:
    """For React Native's engine."""
    return _unreadable(problem, f"Invalid map: {problem.detail}")


def mapping_unreadable(problem: Unreadable) -> Failure:
    """For Java and Android."""
    return _unreadable(problem, "Invalid mapping")


def dsym_unreadable(problem: Unreadable) -> Failure:
    """For apple's platforms."""
    return _unreadable(problem, f"Failed to parse dSYM: {problem.detail}")


def native_unreadable(problem: Unreadable) -> Failure:
    """For compiled programs elsewhere."""
    return _unreadable(problem, f"Failed to parse debug symbols: {problem.detail}")


def _unreadable(problem: Unreadable, content: str) -> Failure:
    text = f"Data error: {problem.detail}" if problem.reason is Reason.DATA else content
    return Failure(FailureCode.INVALID_DATA, text)
