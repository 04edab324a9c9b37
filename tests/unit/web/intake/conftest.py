"""The intake that these tests drive."""

from tests.support.intake import intake

__all__ = ["intake"]
