"""Environments of the peers, one each, under ``benchmarks/.venvs``: ``python -m benchmarks.setup_peers [name ...]``.

Needs uv (a development tool of the house) and the network. Versions are those that the table in README.md names.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / ".venvs"
PACKAGES = {
    "vectorbt": ["vectorbt==1.2.0"],
    "vectorbt_rust": ["vectorbt[rust]==1.2.0"],
    "flox": ["lrvx==0.11.0", "numpy"],
    "nautilus": ["nautilus_trader==1.221.0"],
    "backtesting": ["backtesting==0.6.6"],
    "talib": ["TA-Lib==0.8.2", "numpy"],
    "pandas_ta": ["pandas-ta-classic==0.8.32"],
    "talipp": ["talipp==2.7.0", "numpy"],
}


def interpreter(name: str) -> Path:
    """The Python of one peer's environment, which may not exist yet."""
    return FOLDER / name / "bin" / "python"


def main() -> int:
    """Make the environments that were named, or all."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    wanted = sys.argv[1:] or list(PACKAGES)
    for name in wanted:
        if name not in PACKAGES:
            print(f"peers: unknown '{name}'; known: {', '.join(PACKAGES)}")
            return 4
        for command in (
            [uv, "venv", "-q", "--clear", "--python", "3.11", str(FOLDER / name)],
            [uv, "pip", "install", "-q", "--python", str(interpreter(name)), *PACKAGES[name]],
        ):
            if subprocess.run(command, check=False).returncode:
                print(f"peers: {name} could not be made")
                return 1
        print(f"peers: {name} ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
