"""Which scripts are found below a folder, and which map belongs to each."""

from pathlib import Path

import pytest

from mothlight.uploader.failures import UploadFailed
from mothlight.uploader.releases import Git, ReleaseName, mobile_version, read_git, read_release
from mothlight.uploader.scripts import Selection, find_pairs


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    ("script", "map_name", "prefix"),
    [
        ("f()", "assets/a.js.map", ""),
        ("f()\n//# sourceMappingURL=a.js.map", "assets/a.js.map", ""),
        ("f()\n//# sourceMappingURL=maps/a.map", "assets/maps/a.map", ""),
        ("f()\n//# sourceMappingURL=../maps/a.map?v=1", "maps/a.map", ""),
        ("f()\n//# sourceMappingURL=/static/assets/b.map", "assets/b.map", ""),
        ("f()\n//# sourceMappingURL=https://cdn.example/x/maps/a.map", "assets/maps/a.map", "https://cdn.example/x/"),
        ("f()\n//# sourceMappingURL=a%20b.map", "assets/a b.map", ""),
        ("f()\n//# sourceMappingURL=data:application/json,{}", "assets/a.js.map", ""),
    ],
)
def test_a_map_is_the_one_that_the_script_names_or_the_one_beside_it(
    tmp_path: Path, script: str, map_name: str, prefix: str
):
    write(tmp_path, **{"assets/a.js": script, map_name: "{}"})

    found = find_pairs(Selection([tmp_path], public_prefix=prefix))

    assert [(pair.script, pair.map.resolve()) for pair in found.pairs] == [
        (tmp_path / "assets/a.js", tmp_path / map_name)
    ]


def test_files_are_found_once_in_order_and_by_patterns(tmp_path: Path):
    names = ["b.js", "a.mjs", "c/d.cjs", "c/vendor/e.js", "f.css", "g.ts"]
    write(tmp_path, **dict.fromkeys(names, "f()"), **{f"{name}.map": "{}" for name in names})

    def scripts(*roots: Path, **patterns: list[str]) -> list[str]:
        pairs = find_pairs(Selection(roots or (tmp_path,), **patterns)).pairs
        return [str(pair.script.relative_to(tmp_path)) for pair in pairs]

    assert scripts() == ["a.mjs", "b.js", "c/d.cjs", "c/vendor/e.js"]
    assert scripts(tmp_path, tmp_path / "b.js") == scripts()
    assert scripts(tmp_path / "b.js") == ["b.js"]
    assert scripts(exclude=["vendor/*"]) == ["a.mjs", "b.js", "c/d.cjs"]
    assert scripts(include=["*.js"], exclude=["*/vendor/*"]) == ["b.js"]


def test_scripts_without_a_map_are_told_apart(tmp_path: Path):
    write(tmp_path, **{"a.js": "f()", "b.js": "f()\n//# sourceMappingURL=gone.map"})

    found = find_pairs(Selection([tmp_path]))

    assert found.pairs == []
    assert [path.name for path in found.without_map] == ["a.js", "b.js"]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(UploadFailed, match="gone does not exist"):
        find_pairs(Selection([tmp_path / "gone"]))


@pytest.mark.parametrize(
    ("text", "name", "version"),
    [("shop@1.0", "shop", "1.0"), ("@acme/shop@1.0+7", "@acme/shop", "1.0+7")],
)
def test_a_release_is_a_name_and_a_version(text: str, name: str, version: str):
    assert read_release(text) == ReleaseName(name, version)


@pytest.mark.parametrize("text", ["shop", "@1.0", "shop@", ""])
def test_half_a_release_is_refused(text: str):
    with pytest.raises(UploadFailed, match="NAME@VERSION"):
        read_release(text)


@pytest.mark.parametrize(
    ("version", "build", "expected"),
    [("1.0", "42", "1.0+42"), ("1.0", None, "1.0"), (None, "42", "42"), (None, None, None)],
)
def test_versions_of_applications_for_telephones_have_their_build_in_them(version, build, expected):
    assert mobile_version(ReleaseName("shop", version, build)).version == expected


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("git@host.example:acme/shop.git", "shop"),
        ("https://host.example/acme/shop/", "shop"),
        ("https://host.example/acme/shop.git", "shop"),
        ("", ""),
    ],
)
def test_a_checkout_is_named_by_its_remote(remote: str, name: str):
    assert Git("abc", "main", remote).repo_name == name


def test_a_folder_outside_of_any_checkout_names_no_release(tmp_path: Path):
    assert read_git(tmp_path) is None
