"""Where a script's map lies, by what the script or its header says (pipeline 9.5)."""

import pytest

from mothlight.symbol_sets.fetching.script_map import map_url


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ("app.js.map", "https://cdn.example/a/b/app.js.map?v=1"),
        ("app.js.map?w=2", "https://cdn.example/a/b/app.js.map?w=2"),
        ("maps/app.js.map", "https://cdn.example/maps/app.js.map?v=1"),
        ("/maps/app.js.map", "https://cdn.example/maps/app.js.map?v=1"),
        ("//other.example/app.js.map", "https://cdn.example//other.example/app.js.map?v=1"),
        ("http://other.example/app.js.map", "http://other.example/app.js.map"),
        ("https://other.example/app.js.map", "https://other.example/app.js.map"),
    ],
)
def test_a_map_is_found_where_the_script_says(named: str, expected: str):
    assert map_url("https://cdn.example/a/b/app.js?v=1#top", named) == expected


def test_a_script_at_the_root_has_its_map_there():
    assert map_url("https://cdn.example", "app.js.map") == "https://cdn.example/app.js.map"
