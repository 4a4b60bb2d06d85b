"""A plug-in that is in no catalog is found."""

from __future__ import annotations

import pytest

from tools.house.catalog import catalogs_complete
from tools.house.source import Source

PLUGINS = [
    ("features", "features/trend/ema.py"),
    ("strategies", "strategies/ema_cross.py"),
    ("signals", "signals/sources/strategy.py"),
    ("risk", "risk/rules/cash.py"),
    ("risk", "risk/sizers/fixed_fraction.py"),
    ("execution", "execution/physics/fees.py"),
    ("execution", "execution/algos/twap.py"),
]


def unlisted(files: dict[str, str]) -> list[str]:
    sources = {inside: Source(f"src/consilience/{inside}", text) for inside, text in files.items()}
    return [finding.path for finding in catalogs_complete(sources)]


@pytest.mark.parametrize(("room", "plugin"), PLUGINS)
def test_a_plugin_must_be_listed(room: str, plugin: str) -> None:
    folder, name = plugin.removesuffix(".py").replace("/", ".").rsplit(".", 1)
    relative = folder.removeprefix(room)
    assert unlisted({plugin: ""}) == [f"src/consilience/{plugin}"]
    assert unlisted({plugin: "", f"{room}/catalog.py": "x = 1"}) == [f"src/consilience/{plugin}"]
    for line in (
        f"from consilience.{folder} import {name}",
        f"from consilience.{folder}.{name} import Thing",
        f"import consilience.{folder}.{name}",
        f"from .{relative.lstrip('.')} import {name}",
    ):
        assert unlisted({plugin: "", f"{room}/catalog.py": line}) == []


@pytest.mark.parametrize(
    "path",
    [
        "features/trend/__init__.py",
        "features/trend/_kernels.py",
        "features/graph/evaluate.py",
        "features/spec.py",
        "risk/verdict.py",
        "risk/rules/base.py",
        "strategies/catalog.py",
        "core/units.py",
    ],
)
def test_other_files_need_no_line(path: str) -> None:
    assert unlisted({path: ""}) == []
