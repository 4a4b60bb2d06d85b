"""The import contracts catch planted faults and allow what the layer table allows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ALLOWED = {
    "core/ids.py": "",
    "features/ema.py": "import consilience.core.ids",
    "options/chain.py": "import consilience.features.ema",
    "risk/cash.py": "import consilience.options.chain",
    "portfolio/ledger.py": "import consilience.core.ids",
    "engine/step.py": "import consilience.risk.cash\nimport consilience.portfolio.ledger",
    "research/session.py": "import consilience.engine.step",
    "learning/fit.py": "",
    "adapters/venue/broker.py": "import consilience.core.ids",
    "runtime/live.py": "import consilience.engine.step",
    "agents/graph.py": "",
    "apps/wiring.py": "import consilience.adapters.venue.broker",
    "apps/cli/main.py": "import consilience.apps.wiring",
}


def lint(repository: Path, root: Path, extra: dict[str, str]) -> subprocess.CompletedProcess[str]:
    package = root / "src" / "consilience"
    for inside, text in {**ALLOWED, **extra}.items():
        path = package / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
        for folder in path.relative_to(package).parents:
            (package / folder / "__init__.py").touch()
    shutil.copy(repository / "pyproject.toml", root)
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def test_the_layer_table_is_allowed(repository: Path, tmp_path: Path) -> None:
    done = lint(repository, tmp_path, {})
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("inside", "text", "broken"),
    [
        ("core/up.py", "import consilience.features.ema", "consilience.core.up -> consilience.features.ema"),
        ("risk/twin.py", "import consilience.portfolio.ledger", "consilience.risk.twin -> consilience.portfolio"),
        ("research/twin.py", "import consilience.learning.fit", "consilience.research.twin -> consilience.learning"),
        ("runtime/v.py", "import consilience.adapters.venue.broker", "consilience.runtime.v -> consilience.adapters"),
        ("agents/v.py", "import consilience.adapters.venue.broker", "consilience.agents.v -> consilience.adapters"),
        ("apps/cli/v.py", "import consilience.adapters.venue.broker", "consilience.apps.cli.v -> consilience.adapt"),
        ("adapters/venue/e.py", "import consilience.engine.step", "consilience.adapters.venue.e -> consilience.eng"),
        ("attic/old.py", "", "consilience.attic"),
    ],
)
def test_a_planted_import_is_caught(repository: Path, tmp_path: Path, inside: str, text: str, broken: str) -> None:
    done = lint(repository, tmp_path, {inside: text})
    assert done.returncode == 1
    assert broken in done.stdout, done.stdout + done.stderr
