"""A source file as the house checks see it, and what they report."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import TypeAlias

CORE_ROOMS = frozenset(
    {
        "core",
        "market",
        "features",
        "options",
        "universe",
        "strategies",
        "signals",
        "risk",
        "portfolio",
        "execution",
        "engine",
    }
)
JIT_MODULE = "consilience.core.jit"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One broken rule; ``todo`` says what to do about it."""

    path: str
    line: int
    rule: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.todo}"


@dataclass(frozen=True)
class Source:
    """One Python file; ``path`` is relative to the repository's root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", ast.parse(self.text, self.path))

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    @cached_property
    def inside(self) -> str:
        """The path inside the package (``core/jit.py``); empty for files outside ``src/consilience``."""
        prefix = "src/consilience/"
        return self.path.removeprefix(prefix) if self.path.startswith(prefix) else ""

    @cached_property
    def module(self) -> str:
        """The dotted name a file of the package is imported by."""
        parts = PurePosixPath("consilience", self.inside).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def in_core(self) -> bool:
        """True in the rooms of layers 0-4, the functional core."""
        return self.inside.split("/")[0] in CORE_ROOMS

    @cached_property
    def nodes(self) -> list[ast.AST]:
        return list(ast.walk(self.tree))

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in self.nodes if isinstance(node, Function)]

    @cached_property
    def aliases(self) -> dict[str, str]:
        """Local name to the dotted name it was imported from."""
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.split(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{self.imported_from(node)}.{alias.name}"
        return names

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Line and absolute module of every import statement."""
        found: list[tuple[int, str]] = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found.append((node.lineno, self.imported_from(node)))
        return found

    def imported_from(self, node: ast.ImportFrom) -> str:
        """The absolute module of a ``from`` import, relative ones resolved."""
        if not node.level:
            return node.module or ""
        package = self.module if self.path.endswith("/__init__.py") else self.module.rpartition(".")[0]
        base = package.split(".")[: len(package.split(".")) - node.level + 1]
        return ".".join([*base, *([node.module] if node.module else [])])

    def dotted(self, node: ast.expr) -> str:
        """``np.add.reduce`` as ``numpy.add.reduce``; empty when the expression is not a plain dotted name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.aliases.get(node.id, node.id), *reversed(parts)])

    def is_kernel(self, function: Function) -> bool:
        """True for a function compiled by our ``njit``, or named like one."""
        return function.name.endswith("_nb") or any(
            self.dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            in {f"{JIT_MODULE}.njit", "numba.njit", "numba.jit"}
            for decorator in function.decorator_list
        )

    def marked(self, node: ast.expr | ast.stmt, word: str) -> bool:
        """True when a trailing comment on one of the node's lines says ``word``."""
        pattern = re.compile(rf"#[^'\"]*\b{word}\b")
        return any(pattern.search(self.lines[n - 1]) for n in range(node.lineno, (node.end_lineno or node.lineno) + 1))

    def reason_above(self, function: Function, words: str) -> bool:
        """True when the comment block above a function says ``# <words>: <reason>``."""
        line = min([function.lineno, *(d.lineno for d in function.decorator_list)]) - 1
        while line > 0 and self.lines[line - 1].lstrip().startswith("#"):
            if re.search(rf"#\s*{words}:\s*\S", self.lines[line - 1]):
                return True
            line -= 1
        return False
