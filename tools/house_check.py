"""The house law as code: ``python -m tools.house_check`` lists what breaks it and exits with 1.

Sizes, kernel and float law, purity of layers 0-4, complete catalogs, forbidden text. CONTRIBUTING.md has
the law in words; each rule lives in ``tools/house/``. Standard library only, so it runs anywhere.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tools.house import catalog, kernels, purity, shape
from tools.house.source import Finding, Source
from tools.house.text import forbidden_text

RULES: tuple[Callable[[Source], Iterator[Finding]], ...] = (
    shape.file_size,
    shape.function_size,
    shape.parameter_count,
    kernels.kernel_names,
    kernels.numba_door,
    kernels.float_law,
    kernels.kernel_arithmetic,
    kernels.compiler_flags,
    purity.core_imports,
    purity.core_ambient,
    purity.manners,
)
_BUILD_FOLDERS = frozenset({"__pycache__", "build", "dist", "node_modules"})


def check_source(path: str, text: str) -> list[Finding]:
    """All findings of the rules that judge one Python file by itself."""
    source = Source(path, text)
    return sorted({finding for rule in RULES for finding in rule(source)})


def check_tree(root: Path) -> list[Finding]:
    """All findings in a repository."""
    findings: list[Finding] = []
    package: dict[str, Source] = {}
    for path in repository_files(root):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # binary
        findings += forbidden_text(path, text)
        if not path.endswith(".py"):
            continue
        source = Source(path, text)
        findings += {finding for rule in RULES for finding in rule(source)}
        if source.inside:
            package[source.inside] = source
    findings += catalog.catalogs_complete(package)
    return sorted(findings)


def repository_files(root: Path) -> list[str]:
    """Tracked and new files; in a copy without git, every file outside the usual build folders."""
    command = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        found = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
        listed = [path.as_posix() for path in found if not any(map(_is_build_folder, path.parts[:-1]))]
    return sorted(path for path in set(listed) if (root / path).is_file())


def _is_build_folder(name: str) -> bool:
    return name in _BUILD_FOLDERS or (name.startswith(".") and name != ".ci")


def main() -> int:
    findings = check_tree(Path(__file__).resolve().parent.parent)
    for finding in findings:
        print(finding)
    if findings:
        print(f"house: {len(findings)} to mend; CONTRIBUTING.md has the law in words")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
