"""Tests by what they touch: nothing (unit), an engine (contract), the app (functional), real processes (end_to_end)."""
