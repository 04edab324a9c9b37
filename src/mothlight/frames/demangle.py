"""Readable names of compiled functions: C++, Rust, Swift and D, by LLVM's and Swift's demanglers."""

import re
from functools import lru_cache

import pydemumble

_CLONE = re.compile(r" \(\.[a-z0-9._]+\)$")
"""What the demangler adds where the compiler has made several functions of one."""

_ITANIUM = ("_Z", "__Z")
"""How C++ and older Rust names begin; only these carry an argument list in round brackets."""


@lru_cache(maxsize=10_000)
def demangle(name: str) -> str:
    """The name as the source has it, without arguments; a name that is not mangled comes back as it is."""
    readable = demangle_whole(name)
    return _without_arguments(readable) if readable != name and name.startswith(_ITANIUM) else readable


@lru_cache(maxsize=10_000)
def demangle_whole(name: str) -> str:
    """The name as the source has it, with arguments; a name that is not mangled comes back as it is."""
    readable: str = pydemumble.demangle(name)
    return _CLONE.sub("", readable) if readable else name


def _without_arguments(readable: str) -> str:
    """Cut `foo::bar<int>(char const*) const` to `foo::bar<int>`: the last bracket group of the outermost level goes."""
    end = readable.rfind(")")
    depth = 0
    for position in range(end, -1, -1):
        depth += {")": 1, "(": -1}.get(readable[position], 0)
        if depth == 0:
            return readable[:position] or readable
    return readable
