"""The core reaches for nothing; the shell keeps its manners."""

from __future__ import annotations

import pytest

from tools.house_check import check_source

CORE = "src/consilience/risk/rules/sample.py"
SHELL = "src/consilience/runtime/sample.py"


def rules(text: str, path: str = CORE) -> list[str]:
    return [finding.rule for finding in check_source(path, text)]


@pytest.mark.parametrize(
    "module",
    [
        "asyncio",
        "io",
        "logging",
        "os",
        "os.path",
        "pandas",
        "pathlib",
        "polars",
        "random",
        "secrets",
        "socket",
        "subprocess",
        "time",
        "uuid",
        "zoneinfo",
    ],
)
def test_core_imports(module: str) -> None:
    assert rules(f"import {module}\n") == ["core-import"]
    assert rules(f"from {module} import x\n") == ["core-import"]
    assert rules(f"import {module}\n", SHELL) == []
    assert rules(f"import {module}\n", "src/consilience/core/jit.py") == []


@pytest.mark.parametrize(
    "line",
    [
        "import math",
        "import numpy as np",
        "import numpy.typing as npt",
        "import msgspec",
        "from decimal import Decimal",
        "from collections.abc import Iterator",
        "from consilience.core import units",
        "from . import base",
        "from ..catalog import RULES",
    ],
)
def test_core_may_import(line: str) -> None:
    assert rules(line) == []


@pytest.mark.parametrize(
    "text",
    [
        "print(1)",
        "open('x')",
        "input()",
        "eval('1')",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime as dt\nx = dt.datetime.utcnow()",
        "import datetime\nx = datetime.date.today()",
        "import numpy as np\nx = np.random.normal()",
        "import numpy as np\nx = np.random.default_rng()",
        "from numpy.random import default_rng\nx = default_rng",
    ],
)
def test_core_ambient(text: str) -> None:
    assert rules(text) == ["core-ambient"]


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\ndef draw(generator: np.random.Generator) -> float: ...",
        "import datetime as dt\nx = dt.datetime.fromtimestamp(0, dt.UTC)",
        "def f(clock):\n    return clock.now()",
    ],
)
def test_what_was_handed_in_may_be_used(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("try:\n    f()\nexcept:\n    g()\n", "bare-except"),
        ("from consilience.core.units import *\n", "star-import"),
        ("print(1)\n", "print"),
    ],
)
def test_manners(text: str, rule: str) -> None:
    assert rules(text, SHELL) == [rule]
    assert rules(text, "tools/sample.py") == []


def test_the_command_line_prints() -> None:
    assert rules("print(1)\n", "src/consilience/apps/cli/main.py") == []
    assert rules("print(1)\n", "src/consilience/apps/api/app.py") == ["print"]
    assert rules("try:\n    f()\nexcept ValueError:\n    g()\n", SHELL) == []
