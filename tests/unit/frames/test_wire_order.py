"""SDKs that send things backwards are told by `$lib` and `$lib_version` (pipeline 2.4)."""

import pytest

from mothlight.frames.wire_order import EXCEPTIONS, FRAMES, NONE, WireOrder, reversal, wire_order


@pytest.mark.parametrize(
    ("lib", "last_backwards", "first_canonical", "what"),
    [
        ("posthog-android", "3.55.9", "3.56.0", FRAMES),
        ("posthog-server", "2.8.99", "2.9.0", FRAMES),
        ("posthog-flutter", "5.32.7", "5.33.0", FRAMES),
        ("posthog-elixir", "2.12.1", "2.13.0", FRAMES),
        ("posthog-php", "4.10.0", "4.11.0", FRAMES),
        ("posthog-go", "1.19.4", "1.20.0", FRAMES),
        ("posthog-rs", "0.18.0", "0.19.0", FRAMES),
        ("posthog-python", "7.30.2", "7.31.0", EXCEPTIONS),
    ],
)
def test_an_sdk_is_reversed_until_the_version_that_is_canonical(lib, last_backwards, first_canonical, what):
    assert wire_order(lib, last_backwards) == WireOrder(what, what)
    assert wire_order(lib, first_canonical) == WireOrder(NONE, what)


@pytest.mark.parametrize("lib", ["posthog-java", "posthog-dotnet"])
@pytest.mark.parametrize("version", ["0.0.1", "99.0.0", None])
def test_some_sdks_are_always_reversed(lib, version):
    assert wire_order(lib, version) == WireOrder(FRAMES, FRAMES)


@pytest.mark.parametrize("lib", ["web", "posthog-node", "posthog-ruby", "", None, 5, ["posthog-go"]])
def test_any_other_sdk_is_left_alone(lib):
    assert wire_order(lib, "0.0.1") == WireOrder(NONE, NONE)


@pytest.mark.parametrize(
    ("version", "is_canonical"),
    [
        (" 1.20.0 ", True),
        ("v1.20.0", True),
        ("V1.20.0", True),
        ("1.20", True),
        ("1.19", False),
        ("2", True),
        ("1", False),
        pytest.param("1.20.0-beta.1", False, id="a pre-release orders below its release"),
        pytest.param("1.20.1-beta.1", True, id="and above the release before it"),
        pytest.param("1.20.0+build.5", True, id="build metadata does not count"),
        pytest.param("1.20-beta", True, id="no semver: what follows the dash is dropped"),
        pytest.param("01.20.0-beta", True, id="no semver: leading zero"),
        pytest.param("1.20.0.0", False, id="four components are no version"),
        ("1.x.0", False),
        ("", False),
        (None, False),
        (1.20, False),
        ("latest", False),
        ("1..0", False),
        pytest.param("9" * 5000, False, id="an endless number is no version"),
        pytest.param("١.٢٠.٠", False, id="other digits are no version"),
    ],
)
def test_versions_are_read_leniently(version, is_canonical):
    assert reversal("posthog-go", version) == (NONE if is_canonical else FRAMES)
