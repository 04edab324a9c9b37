"""Why a frame is not readable and what to do about it, in words for people."""

from typing import NamedTuple

_URL = ("http://", "https://")
_APPLE = ("swift", "objectivec", "objectivecpp", "kotlin", "apple")


class Remedy(NamedTuple):
    """Two sentences about a reference: what is so, and what would help."""

    reason: str
    remedy: str


def remedy_for(ref: str, lang: str, *, is_there: bool, failure: str | None) -> Remedy:
    """About frames of a language that wait for a reference.

    `is_there`: a symbol set with it is there. `failure`: the frame's `resolve_failure`.
    """
    data, named = _what(ref, lang)
    told = f": {failure}" if failure else ""
    if is_there:
        return Remedy(
            f"The {data} for {named} {ref} is there and says nothing about this frame{told}.",
            f"Upload the {data} of the very build that runs. Replacing the one that is there (force) repairs the past.",
        )
    if ref.startswith(_URL):
        return Remedy(
            f"No source map was found for {ref}{told}.",
            "Have the build write chunk ids into its bundles and upload its source maps, or serve the map beside the "
            "script and name it in its last line.",
        )
    return Remedy(f"No {data} was uploaded for {named} {ref}.", _UPLOADS.get(data, _UPLOAD))


_UPLOAD = "Upload it from the build that made this program."
_UPLOADS = {
    "source map": "Upload the source maps of this build, before or after the deploy.",
    "mapping": "Upload the mapping.txt of this build under this id.",
    "dSYM": "Upload the dSYM of this build; its debug id must be this one.",
}


def _what(ref: str, lang: str) -> tuple[str, str]:
    """What kind of data is awaited, and what the reference is called."""
    if ref.startswith(_URL):
        return "source map", "the script"
    if lang in ("javascript", "hermes"):
        return "source map", "chunk"
    if lang == "java":
        return "mapping", "map id"
    if lang in _APPLE:
        return "dSYM", "debug id"
    return "debug file", "debug id"
