"""Why frames are not readable and what helps, in words."""

import pytest

from mothlight.symbols.remedies import remedy_for

CASES = [
    ("c1", "javascript", False, "No source map was uploaded for chunk c1."),
    ("app@1", "java", False, "No mapping was uploaded for map id app@1."),
    ("E6A1", "swift", False, "No dSYM was uploaded for debug id E6A1."),
    ("4f1a", "rust", False, "No debug file was uploaded for debug id 4f1a."),
    ("https://x.example/a.js", "javascript", False, "No source map was found for https://x.example/a.js: It failed."),
    ("c1", "javascript", True, "The source map for chunk c1 is there and says nothing about this frame: It failed."),
]


@pytest.mark.parametrize(("ref", "lang", "is_there", "reason"), CASES)
def test_each_reference_is_told_in_the_words_of_its_platform(ref, lang, is_there, reason):
    told = remedy_for(ref, lang, is_there=is_there, failure="It failed")

    assert told.reason == reason
    assert told.remedy.endswith(".")
