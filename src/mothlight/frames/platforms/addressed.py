"""What apple and native frames share: code known by its address in an image (pipeline 10.7)."""

import re

from mothlight.frames.images import IMAGE, parse_address, relative_address
from mothlight.model.stack import RawFrame

TEXTS = ("instruction_addr", "symbol_addr", "image_addr", "module", "function", "filename")
POSITION = ("lineno", "colno")

_COMPOSE = ("/kotlin/androidx/compose/", "/kotlin/org/jetbrains/compose/")

_LANGUAGES = {
    "rs": "rust",
    "go": "go",
    "c": "c",
    "h": "c",
    "cpp": "cpp",
    "cc": "cpp",
    "cxx": "cpp",
    "hpp": "cpp",
    "hh": "cpp",
    "hxx": "cpp",
    "swift": "swift",
    "m": "objectivec",
}


def address_failure(raw: RawFrame, nothing_uploaded: str) -> str:
    """Why the address could not be looked up; `nothing_uploaded` comes before the debug id."""
    image = raw.get(IMAGE)
    if image is None:
        return "No matching debug image found for frame"
    if "debug_id" not in image:
        return "No debug_id found for frame"
    if relative_address(raw) is None:
        return f"Invalid address format: {_address_problem(raw)}"
    return f"{nothing_uploaded}: {image['debug_id']}"


def fallback_source(raw: RawFrame) -> str | None:
    """The file, else the module and where it was loaded, else the module."""
    filename, module, image_addr = raw.get("filename"), raw.get("module"), raw.get("image_addr")
    if filename is not None or module is None or image_addr is None:
        return filename if filename is not None else module
    return f"{module} +{image_addr}"


def language_of(filename: str | None, more: dict[str, str]) -> str | None:
    """The language that the file's extension tells; `more` are the extensions that the platform adds."""
    _, dot, extension = (filename or "").rpartition(".")
    return {**_LANGUAGES, **more}.get(extension.lower()) if dot else None


def is_compose(source: str) -> bool:
    """Whether the source is of Kotlin's Compose libraries."""
    return any(folder in with_slashes(source) for folder in _COMPOSE)


def with_slashes(path: str) -> str:
    """The path with forward slashes."""
    return re.sub(r"\\+", "/", path)


def _address_problem(raw: RawFrame) -> str:
    address = raw.get("instruction_addr")
    if address is None:
        return "missing instruction_addr"
    if parse_address(address) is None:
        return f"{address} is no hexadecimal number"
    return f"{address} lies before its image"
