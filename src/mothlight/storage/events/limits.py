"""Bounds of every query, and the settings by which the SQL means the same on every engine."""

from collections.abc import Mapping

import msgspec

MEBIBYTE = 1024 * 1024


class Limits(msgspec.Struct, frozen=True):
    """What one query may take before it is stopped with `Unavailable`."""

    seconds: float = 20
    memory: int = 500 * MEBIBYTE
    """Bytes."""


def query_settings(limits: Limits) -> Mapping[str, str | int | float]:
    """Settings of a client for all its calls."""
    return {
        "max_execution_time": limits.seconds,
        "max_memory_usage": limits.memory,
        # The paths of properties stand in the text of a statement, wherever a filter looks at one.
        "max_query_size": 8 * MEBIBYTE,
        # Texts of arrays are searched and compared as they were sent.
        "output_format_json_escape_forward_slashes": 0,
        "output_format_json_quote_64bit_integers": 0,
        # Texts are dates in any form of ISO 8601, where they are compared as dates.
        "cast_string_to_date_time_mode": "best_effort",
        # This optimisation of ORDER BY … LIMIT fails for some orders of several columns (type mismatch: __topKFilter).
        "use_top_k_dynamic_filtering": 0,
        # A missing partner of a LEFT JOIN is NULL, not an empty value.
        "join_use_nulls": 1,
    }
