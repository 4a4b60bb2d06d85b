"""``doctor``: what this machine has, line by line, and what to do about what it lacks."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.shell import EXIT_ERROR, Output

OK, WARN, FAIL = "ok", "warn", "fail"
_NEEDED = ("numpy", "numba", "polars", "msgspec", "pydantic", "exchange_calendars", "rich", "typer")
_SPARE_MEGABYTES = 500


@dataclass(frozen=True)
class Line:
    """One finding. todo: what to do about it, empty when it is fine."""

    state: str
    name: str
    text: str
    todo: str = ""


def doctor(*, as_json: AsJson = False) -> None:
    """Check Python, packages, kernel compiler, caches, data and disk; says what to do about each fault."""
    out = Output(as_json=as_json)
    lines: list[Line] = []
    checks: tuple[Callable[[], Iterator[Line]], ...] = (
        _python, _packages, _extras, _machine, _cache, _kernels, _calendars, _data, _project,
    )  # fmt: skip
    for check in checks:
        for line in check():
            lines.append(line)
            todo = f"; {line.todo}" if line.todo else ""
            out.show(f"{line.state:<4}  {line.name}: {line.text}{todo}")
    worst = FAIL if any(x.state == FAIL for x in lines) else WARN if any(x.state == WARN for x in lines) else OK
    if as_json:
        out.document({"state": worst, "checks": [asdict(line) for line in lines]})
    else:
        told = {OK: "all well", WARN: "usable; see the warnings", FAIL: "mend the lines that say fail"}
        out.show(told[worst])
    if worst == FAIL:
        raise typer.Exit(EXIT_ERROR)


def _python() -> Iterator[Line]:
    version = ".".join(map(str, sys.version_info[:3]))
    good = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Line(OK if good else FAIL, "python", version, "" if good else "use Python 3.11 to 3.13")


def _packages() -> Iterator[Line]:
    found, missing = _versions(_NEEDED)
    if missing:
        yield Line(FAIL, "packages", f"{', '.join(missing)} missing", "install again with: pip install consilience")
    else:
        yield Line(OK, "packages", ", ".join(found))


def _extras() -> Iterator[Line]:
    import importlib.util

    from consilience.apps.wiring import demo_data_problem

    problem = demo_data_problem()
    yield Line(WARN, "extra demo", *problem.split("; ")) if problem else Line(OK, "extra demo", "prices and rates")
    if importlib.util.find_spec("jinja2") is None:
        yield Line(WARN, "extra report", "jinja2 missing, no HTML reports", "pip install consilience[report]")
    else:
        yield Line(OK, "extra report", "HTML reports")


def _versions(names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    from importlib.metadata import PackageNotFoundError, version

    found, missing = [], []
    for name in names:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    return found, missing


def _machine() -> Iterator[Line]:
    import platform

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    yield Line(OK, "machine", f"{platform.system()} {platform.machine()}, {cores} cores usable")


def _cache() -> Iterator[Line]:
    import shutil

    from consilience.core.jit import CACHE_FOLDER

    if not os.access(CACHE_FOLDER, os.W_OK):
        todo = "set CONSILIENCE_CACHE_DIR to a folder you may write to"
        yield Line(FAIL, "kernel cache", f"{CACHE_FOLDER} cannot be written", todo)
        return
    used = sum(p.stat().st_size for p in CACHE_FOLDER.rglob("*") if p.is_file()) / 1e6
    yield Line(OK, "kernel cache", f"{CACHE_FOLDER}, {used:.0f} MB")
    for name, folder in (("disk of the cache", CACHE_FOLDER), ("disk here", Path.cwd())):
        free = shutil.disk_usage(folder).free / 1e6
        low = free < _SPARE_MEGABYTES
        yield Line(WARN if low else OK, name, f"{free / 1000:.1f} GB free", "make room" if low else "")


def _kernels() -> Iterator[Line]:
    from consilience.core import jit

    if not jit.JIT_ENABLED:
        yield Line(
            WARN, "kernels", "plain Python, NUMBA_DISABLE_JIT is set", "unset it; runs are a hundred times slower"
        )
        return

    from consilience.core.units import multiply_divide_nb

    begin = time.perf_counter()
    result = multiply_divide_nb(7, 6, 2)
    took = time.perf_counter() - begin
    if result != 21:
        yield Line(FAIL, "kernels", f"7 x 6 / 2 gave {result}", "remove the kernel cache and try again")
        return
    compiled = "compiled" if jit.compile_count() else "loaded from the cache"
    yield Line(OK, "kernels", f"a kernel was {compiled} in {took:.2f} s and is right")


def _calendars() -> Iterator[Line]:
    from consilience.apps.wiring import calendar_check

    sessions = calendar_check()
    good = sessions >= 253
    yield Line(OK if good else FAIL, "calendars", f"New York had {sessions} sessions loaded around 2020",
               "" if good else "install exchange-calendars again")  # fmt: skip


def _data() -> Iterator[Line]:
    from consilience.apps.wiring import stored
    from consilience.core.errors import ConsilienceError

    try:
        count = len(stored("data"))
    except ConsilienceError as error:
        yield Line(FAIL, "catalogue", "data: damaged", str(error))
        return
    if count:
        yield Line(OK, "catalogue", f"data: {count} histories")
    else:
        yield Line(OK, "catalogue", "data: empty (the demo needs none; fill it with: consilience data import FILE)")


def _project() -> Iterator[Line]:
    from consilience.apps.config_file import FILE_NAME, load_config
    from consilience.core.errors import ConsilienceError

    try:
        loaded = load_config()
    except ConsilienceError as error:
        yield Line(FAIL, "configuration", str(error))
        return
    yield Line(OK, "configuration", f"{loaded.file} is fine" if loaded.file else f"no {FILE_NAME} here, defaults hold")
