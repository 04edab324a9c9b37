"""Original names of exceptions whose types were obfuscated (pipeline 10.6, 10.9)."""

from typing import NamedTuple

from mothlight.frames.platforms import java, web_javascript
from mothlight.frames.stack import ReadTrace
from mothlight.symbols.look_ups import ClassName, Kind, MinifiedName, Question, Reference, ReferenceKind, SymbolData
from mothlight.symbols.look_ups import reference as make_reference
from mothlight.symbols.platforms.outcome import cleaned
from mothlight.symbols.stack import Found, Reader

_MINIFIED = "minified:"


class TypeName(NamedTuple):
    """An exception's type and, for Java, the package that it is in."""

    type: str
    module: str | None


def may_be_renamed(sent: TypeName) -> bool:
    """Whether symbol data could know another name, as far as the name itself tells."""
    return sent.module is not None or sent.type.startswith(_MINIFIED)


def resolve_type(sent: TypeName, trace: ReadTrace | None, found: Found, reader: Reader) -> TypeName:
    """The original name of an exception's type; the one that was sent where nothing is known of it.

    `trace` are the exception's frames: they say which symbol set to ask, so `stack.references_of` has named it already.
    Raises what the `load` of symbol data raises.
    """
    if trace is None or not trace.frames:
        return sent
    if trace.frames[0]["platform"] == java.PLATFORM:
        return _resolve_class(sent, trace, found, reader)
    return _resolve_minified(sent, trace, found, reader) if sent.type.startswith(_MINIFIED) else sent


def _resolve_class(sent: TypeName, trace: ReadTrace, found: Found, reader: Reader) -> TypeName:
    map_id = trace.frames[0].get("map_id")
    if map_id is None or sent.module is None:
        return sent
    question = ClassName(f"{sent.module}.{sent.type}")
    reference = make_reference(ReferenceKind.MAP_ID, map_id)
    name = _ask(reference, Kind.MAPPING, question, found, reader)
    module, dot, type_ = (name or "").rpartition(".")
    return TypeName(type_, module) if dot else sent


def _resolve_minified(sent: TypeName, trace: ReadTrace, found: Found, reader: Reader) -> TypeName:
    ids = (raw.get("chunk_id") for raw in trace.frames if raw["platform"] == web_javascript.PLATFORM)
    chunk_id = next((each for each in ids if each is not None), None)
    if chunk_id is None:
        return sent
    question = MinifiedName(sent.type.removeprefix(_MINIFIED))
    name = _ask(make_reference(ReferenceKind.CHUNK_ID, chunk_id), Kind.SCRIPT_MAP, question, found, reader)
    return sent if name is None else sent._replace(type=name)


def _ask(reference: Reference, kind: Kind, question: Question, found: Found, reader: Reader) -> str | None:
    data = found.get(reference)
    if not isinstance(data, SymbolData):
        return None
    answer = reader.look_up(data, [kind], [question])
    if not isinstance(answer, list) or not answer[0]:
        return None
    place = answer[0][0]
    return cleaned(place.module if kind is Kind.MAPPING else place.function)
