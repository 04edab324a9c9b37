"""What a key may be used for (api.md 1.4). To add one: a word in `SCOPES`."""

from collections.abc import Iterable

from mothlight.model.errors import invalid

ALL = "*"
SCOPES = frozenset(
    {
        "error_tracking:read",
        "error_tracking:write",
        "activity_log:read",
        "project:read",
        "project:write",
        "person:read",
        "user:read",
        "organization:read",
        "organization_member:read",
    }
)


def covers(scopes: Iterable[str], needed: str) -> bool:
    """Tell whether the scopes of a key satisfy the needed one: itself, its write form, or `*`."""
    accepted = {needed, ALL}
    if needed.endswith(":read"):
        accepted.add(needed.removesuffix("read") + "write")
    return not accepted.isdisjoint(scopes)


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """Let known scopes through, each once, in the order given.

    Raises:
        Refused: one of them is not a scope of this product.
    """
    given = tuple(dict.fromkeys(scopes))
    for scope in given:
        if scope not in SCOPES and scope != ALL:
            raise invalid(f"{scope!r} is not a scope. Choose from: {', '.join([ALL, *sorted(SCOPES)])}.", "scopes")
    return given
