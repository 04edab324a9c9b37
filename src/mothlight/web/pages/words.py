"""How values read on a page: times, numbers, sizes. All are filters of the templates.

A time is relative, with the exact one on hover, in the viewer's zone. A number is whole up to 9,999 and short from
there, with the exact one on hover. To add one: a function, and a line in `FILTERS`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

WHOLE_UP_TO = 9_999
_UNITS = ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k"))
_BYTES = ("B", "KiB", "MiB", "GiB", "TiB")


def span(length: timedelta) -> str:
    """A length of time in one unit: `4 min`, `3 h`, `12 d`."""
    seconds = max(0, int(length.total_seconds()))
    for size, unit in ((365 * 86400, "y"), (30 * 86400, "mo"), (86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


@pass_context
def ago(context: Context, moment: datetime | None) -> Markup | str:
    """How long ago something was, with the exact moment on hover."""
    if moment is None:
        return "never"
    passed: timedelta = context["here"].now - moment
    words = "just now" if abs(passed) < timedelta(minutes=1) else _relative(passed)
    return _time(moment, words, exact(context, moment))


@pass_context
def at(context: Context, moment: datetime | None) -> Markup | str:
    """The exact moment, with how long ago it was on hover."""
    if moment is None:
        return "never"
    passed: timedelta = context["here"].now - moment
    return _time(moment, exact(context, moment), _relative(passed))


@pass_context
def exact(context: Context, moment: datetime) -> str:
    """A moment as text, in the viewer's zone: `24 Nov 2026, 03:12:00 CET`."""
    local = moment.astimezone(context["here"].zone)
    return f"{local.day} {local:%b %Y, %H:%M:%S %Z}"


@pass_context
def day(context: Context, moment: datetime) -> Markup:
    """The day of a moment, in the viewer's zone."""
    local = moment.astimezone(context["here"].zone)
    return _time(moment, f"{local.day} {local:%b %Y}", exact(context, moment))


def number(value: float, unit: str = "") -> Markup:
    """A count, short where it is large, exact on hover."""
    short = short_number(value)
    title = Markup(' title="{}"').format(f"{value:,} {unit}".strip()) if short != whole(value) else ""
    return Markup('<data value="{}"{}>{}</data>').format(value, title, short)


def short_number(value: float) -> str:
    """A count as text of at most six characters."""
    if abs(value) <= WHOLE_UP_TO:
        return whole(value)
    for size, unit in _UNITS:
        if abs(value) >= size:
            shown = value / size
            return f"{shown:.1f}{unit}" if abs(shown) < 100 else f"{shown:.0f}{unit}"
    return whole(value)


def whole(value: float) -> str:
    """A count with every digit: `41,203`."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def size(value: float) -> str:
    """Bytes in the largest unit that leaves digits: `1.4 GiB`."""
    shown, unit = float(value), 0
    while abs(shown) >= 1024 and unit < len(_BYTES) - 1:
        shown, unit = shown / 1024, unit + 1
    return f"{shown:.0f} {_BYTES[unit]}" if unit == 0 or shown >= 100 else f"{shown:.1f} {_BYTES[unit]}"


def share(part: float, total: float) -> str:
    """A part in percent; what is there never reads as nothing, and what is not all never as all."""
    if not total:
        return "0 %"
    percent = 100 * part / total
    if 0 < percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def plural(count: float, one: str, many: str | None = None) -> str:
    """A number and its noun: `1 issue`, `3 issues`."""
    return f"{whole(count)} {one if count == 1 else many or one + 's'}"


def initials(name: str) -> str:
    """Two letters for a face: of first and last name, or of what stands before the @."""
    parts = [part for part in name.split("@", maxsplit=1)[0].replace(".", " ").replace("-", " ").split() if part]
    letters = parts[0][:1] + parts[-1][:1] if len(parts) > 1 else name[:2]
    return letters.upper()


def shorten(text: str, most: int = 20) -> Markup | str:
    """An id without its middle, whole on hover."""
    if len(text) <= most:
        return text
    keep = (most - 1) // 2
    return Markup('<span title="{}">{}…{}</span>').format(text, text[:keep], text[-keep:])


def with_values(path: str, values: Mapping[str, Any]) -> str:
    """A path with query parameters; those that are None are left out, lists are repeated."""
    query = urlencode({name: value for name, value in values.items() if value is not None}, doseq=True, quote_via=quote)
    return f"{path}?{query}" if query else path


def _relative(passed: timedelta) -> str:
    return f"{span(passed)} ago" if passed > timedelta() else f"in {span(-passed)}"


def _time(moment: datetime, words: str, title: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.isoformat(timespec="milliseconds"), title, words
    )


FILTERS: Mapping[str, Callable[..., Any]] = {
    "ago": ago,
    "at": at,
    "exact": exact,
    "day": day,
    "span": span,
    "number": number,
    "short_number": short_number,
    "whole": whole,
    "size": size,
    "share": share,
    "plural": plural,
    "initials": initials,
    "shorten": shorten,
    "with_values": with_values,
}
