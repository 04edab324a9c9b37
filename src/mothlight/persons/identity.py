"""From distinct ids, which clients choose, to persons."""

from functools import lru_cache
from uuid import UUID, uuid5

_NAMESPACE = UUID("6d6f7468-6c69-6768-7400-706572736f6e")
_REMEMBERED = 20_000

NONSENSE = frozenset(
    {
        "",
        "anonymous",
        "anonymous-user",
        "guest",
        "user",
        "backend",
        "system",
        "distinct_id",
        "distinctid",
        "id",
        "email",
        "none",
        "null",
        "nan",
        "undefined",
        "not_authenticated",
        "true",
        "false",
        "0",
        "[object object]",
        "00000000-0000-0000-0000-000000000000",
    }
)
"""What applications send when they know no id. Merging through them would make one person of strangers."""


@lru_cache(maxsize=_REMEMBERED)
def person_id(project_id: int, distinct_id: str) -> UUID:
    """The person of a distinct id that nobody told us anything about: the UUIDv5 of both."""
    return uuid5(_project_namespace(project_id), distinct_id)


@lru_cache(maxsize=_REMEMBERED)
def person_text(project_id: int, distinct_id: str) -> str:
    """`person_id` as text."""
    return str(person_id(project_id, distinct_id))


def is_nonsense(distinct_id: str) -> bool:
    """Whether a distinct id names nobody in particular."""
    return distinct_id.strip().lower() in NONSENSE


@lru_cache(maxsize=1024)
def _project_namespace(project_id: int) -> UUID:
    return uuid5(_NAMESPACE, str(project_id))
