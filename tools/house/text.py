"""Text that must not be committed: addresses of package files, and paths of one machine."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tools.house.source import Finding

# Each pattern is built from pieces so that this file does not find itself.
_ADDRESS = re.compile(
    r"https?://[^\s\"'<>]*(?:/simple/|\.whl\b|\.tgz\b|\.tar\.gz\b|\.deb\b)" + "|" + r"\"resolved\"" + r":\s*\"https?:"
)
_MACHINE = re.compile(r"(?<![\w./])/(?:" + "|".join(["wo" + "rk", "fa" + "rm"]) + r")/\w")


def forbidden_text(path: str, text: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), start=1):
        if _ADDRESS.search(line):
            yield Finding(path, number, "address", "no download address of a package file; name it and its version")
        if _MACHINE.search(line):
            yield Finding(path, number, "machine-path", "no absolute path of this machine; make it relative")
