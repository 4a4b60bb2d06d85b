"""Sizes: files, functions and parameter lists stay short."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.house.source import Finding, Function, Source

FILE_LINES = 400
FUNCTION_LINES = 60
KERNEL_LINES = 120
PARAMETERS = 7


def file_size(source: Source) -> Iterator[Finding]:
    count = len(source.lines)
    if count > FILE_LINES:
        yield Finding(source.path, FILE_LINES + 1, "file-size", f"{count} lines; split it, {FILE_LINES} is the most")


def function_size(source: Source) -> Iterator[Finding]:
    for function in source.functions:
        count = _lines_without_docstring(function)
        if count <= FUNCTION_LINES:
            continue
        if not source.is_kernel(function):
            todo = f"{function.name} has {count} lines; split it, {FUNCTION_LINES} is the most"
        elif count > KERNEL_LINES:
            todo = f"kernel {function.name} has {count} lines; split it, {KERNEL_LINES} is the most"
        elif not source.reason_above(function, "long kernel"):
            todo = f"kernel {function.name} has {count} lines; say why above it: # long kernel: <reason>"
        else:
            continue
        yield Finding(source.path, function.lineno, "function-size", todo)


def parameter_count(source: Source) -> Iterator[Finding]:
    for function in source.functions:
        positional = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
        if positional and positional[0] in {"self", "cls"}:
            del positional[0]
        count = len(positional) + len(function.args.kwonlyargs)
        if count <= PARAMETERS or _is_excused(source, function, len(positional)):
            continue
        advice = "group them in a NamedTuple or a record" if source.is_kernel(function) else "group them in a struct"
        todo = f"{function.name} takes {count} parameters; {advice}, {PARAMETERS} is the most"
        yield Finding(source.path, function.lineno, "parameters", todo)


def _lines_without_docstring(function: Function) -> int:
    count = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        count -= (first.end_lineno or first.lineno) - first.lineno + 1
    return count


def _is_excused(source: Source, function: Function, positional: int) -> bool:
    """A public function may take more, keyword-only, when a comment above it says why; a kernel never."""
    public = not function.name.startswith("_") or function.name == "__init__"
    return (
        public
        and positional <= PARAMETERS
        and not source.is_kernel(function)
        and source.reason_above(function, "many parameters")
    )
