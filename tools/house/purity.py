"""The functional core touches nothing but its arguments; the shell keeps a few manners too."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.house.source import Finding, Source

# What layers 0-4 may import. A pure standard module that is missing here can be added.
ALLOWED = frozenset(
    "__future__ abc ast bisect calendar collections consilience copy dataclasses datetime decimal difflib enum "
    "fractions functools graphlib hashlib heapq inspect itertools keyword math msgspec numbers numpy operator re "
    "string struct textwrap types typing".split()
)
# Files of the core that must reach out, with the reason.
EXEMPT = {
    "core/jit.py": "sets Numba's cache folder and writes the generated modules",
    "core/prime.py": "compiles every kernel once, from the command line",
}
_AMBIENT_CALLS = {
    "print": "return a value or a reason code; the shell prints",
    "open": "the shell reads and writes; take the data as an argument",
    "input": "the shell asks; take the data as an argument",
    "exec": "write the code out, or use core.jit.generated_module",
    "eval": "write the code out, or use core.jit.generated_module",
    "datetime.datetime.now": "take the time as an argument",
    "datetime.datetime.utcnow": "take the time as an argument",
    "datetime.datetime.today": "take the time as an argument",
    "datetime.date.today": "take the time as an argument",
}
_RANDOM_TYPES = frozenset({"numpy.random", "numpy.random.Generator"})


def core_imports(source: Source) -> Iterator[Finding]:
    if not source.in_core or source.inside in EXEMPT:
        return
    for line, module in source.imports:
        top = module.split(".")[0]
        if top not in ALLOWED and top != "numba":  # numba has its own rule
            todo = f"layers 0-4 do not import {top}; move it to the shell and hand in the result"
            yield Finding(source.path, line, "core-import", todo)


def core_ambient(source: Source) -> Iterator[Finding]:
    """Clocks, files, terminals and randomness that nobody handed in."""
    if not source.in_core or source.inside in EXEMPT:
        return
    for node in source.nodes:
        if isinstance(node, ast.Call):
            called = source.dotted(node.func)
            if called in _AMBIENT_CALLS:
                yield Finding(source.path, node.lineno, "core-ambient", f"no {called}(): {_AMBIENT_CALLS[called]}")
        elif isinstance(node, ast.Attribute | ast.Name):
            name = source.dotted(node)
            if name.startswith("numpy.random") and name not in _RANDOM_TYPES:
                todo = f"no {name}: take a seeded numpy Generator as an argument"
                yield Finding(source.path, node.lineno, "core-ambient", todo)


def manners(source: Source) -> Iterator[Finding]:
    """Bare except, star import and print, anywhere in the package."""
    if not source.inside:
        return
    may_print = source.inside.startswith("apps/cli/") or source.in_core  # the core has its own rule
    for node in source.nodes:
        match node:
            case ast.ExceptHandler(type=None, lineno=line):
                yield Finding(source.path, line, "bare-except", "name the exceptions you can handle")
            case ast.ImportFrom(names=[ast.alias(name="*")], lineno=line):
                yield Finding(source.path, line, "star-import", "import the names you use")
            case ast.Call(func=ast.Name(id="print"), lineno=line) if not may_print:
                yield Finding(source.path, line, "print", "only apps/cli prints; log or return a value")
