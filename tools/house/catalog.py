"""Every plug-in file stands in its room's catalog, so that the contract tests find it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tools.house.source import Finding, Source

# Room, and the folders inside it whose files are plug-ins; * is any folder.
PLUGIN_FOLDERS = {
    "features": ("features/*",),
    "strategies": ("strategies",),
    "signals": ("signals/sources",),
    "universe": ("universe/filters",),
    "risk": ("risk/rules", "risk/sizers"),
    "execution": ("execution/physics", "execution/algos"),
}
# Folders of features/ that hold machinery and not a family of features.
NOT_FAMILIES = frozenset({"graph"})
_NOT_PLUGINS = frozenset({"base", "catalog", "context", "entry", "members"})


def catalogs_complete(sources: Mapping[str, Source]) -> Iterator[Finding]:
    """``sources`` are all files of the package by their path inside it."""
    for room, folders in PLUGIN_FOLDERS.items():
        catalog = f"{room}/catalog.py"
        listed = _imported_modules(sources[catalog]) if catalog in sources else frozenset()
        for inside, source in sorted(sources.items()):
            if _is_plugin(inside, folders) and source.module not in listed:
                yield Finding(
                    source.path, 1, "catalog", f"list it in src/consilience/{catalog}, or make it private (_)"
                )


def _is_plugin(inside: str, folders: tuple[str, ...]) -> bool:
    path = PurePosixPath(inside)
    if path.stem.startswith("_") or path.stem in _NOT_PLUGINS:
        return False
    folder = path.parent
    return folder.name not in NOT_FAMILIES and any(
        len(folder.parts) == len(PurePosixPath(pattern).parts) and folder.match(pattern) for pattern in folders
    )


def _imported_modules(catalog: Source) -> frozenset[str]:
    """Every dotted name the catalog may mean: ``from a import b`` names both ``a`` and ``a.b``."""
    found: set[str] = set()
    for node in catalog.nodes:
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = catalog.imported_from(node)
            found.add(module)
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return frozenset(found)
