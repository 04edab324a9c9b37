"""Mangled names of compiled functions become readable."""

import pytest

from mothlight.frames.demangle import demangle


@pytest.mark.parametrize(
    ("mangled", "readable"),
    [
        ("_ZN3foo3barEv", "foo::bar"),
        ("__ZN3foo3barEi", "foo::bar"),
        ("_ZN4core3fmt5write17h01234567890abcdeE", "core::fmt::write"),
        ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
        ("$s4main3FooV3baryyF", "main.Foo.bar() -> ()"),
        ("_ZNK3FoocvbEv", "Foo::operator bool"),
        ("_ZN3FooclEi", "Foo::operator()"),
        ("_ZNK3Foo3getEPFvvE", "Foo::get"),
    ],
)
def test_a_mangled_name_becomes_the_name_of_the_source(mangled: str, readable: str) -> None:
    assert demangle(mangled) == readable


@pytest.mark.parametrize("name", ["main::run", "-[AppDelegate tap:]", "main.main", "", "_", "_Zebra", "f(x)"])
def test_a_name_that_is_not_mangled_stays(name: str) -> None:
    assert demangle(name) == name
