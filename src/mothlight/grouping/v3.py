"""The third version: as the second, and names that a minifier made are masked in messages."""

from functools import lru_cache

from mothlight.grouping import normalise, v2

select = v2.select
pieces = v2.pieces


@lru_cache(maxsize=8192)
def message(text: str) -> str:
    """The message without values and without names of one character."""
    return normalise.cut(normalise.mask_single_characters(normalise.mask_values(text)))
