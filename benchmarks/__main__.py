"""``python -m benchmarks [work ...] [--times N] [--ours]``: our engine and the peers, side by side.

Each run is a process of its own; the runs of one kind of work take turns, so that a busy minute hits all of them. The
table takes medians. All lines go to benchmarks/results/. The sections of the kinds of work that were measured, peers
included, go between the marks of benchmarks/README.md, each with its machine; the other sections stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.setup_peers import interpreter
from benchmarks.table import table, with_sections
from benchmarks.work import EXPECTED, MOST_MB, WORK, Run

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
LIMIT_S = 900


def python_of(environment: str) -> Path:
    """Interpreter of a run."""
    return interpreter(environment) if environment else Path(sys.executable)


def execute(run: Run) -> dict[str, Any]:
    """One process; its line, or a line with ``error``."""
    environment, module, arguments = run
    paths = [str(HERE.parent)] + ([] if environment else [str(HERE.parent / "src")])
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    load = os.getloadavg()[0]
    begun = time.perf_counter()
    done = subprocess.run(
        [str(python_of(environment)), "-m", module, *arguments],
        cwd=HERE.parent, env=variables, capture_output=True, text=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    found = lines[-1] if lines else {"error": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    return {**found, "run": list(run), "load": round(load, 2), "process": round(time.perf_counter() - begun, 2)}


def measure(name: str, times: int, ours_only: bool) -> list[dict[str, Any]]:
    """All lines of one kind of work."""
    runs = []
    for run in WORK[name].runs:
        if run[0] and (ours_only or not python_of(run[0]).exists()):
            if not ours_only:
                print(f"bench: {run[0]} is not there; 'python -m benchmarks.setup_peers {run[0]}' makes it")
            continue
        runs.append(run)
        if not run[0]:
            execute(run)  # fills the kernel cache, so that the timed processes compile nothing
    lines = []
    for _ in range(times):
        for run in runs:
            line = {"work": name, **execute(run)}
            lines.append(line)
            shown = line.get("error") or f"{line['rate']:,.0f}/s wall {line['wall']:.3f} cpu {line['cpu']:.3f}"
            print(f"bench: {name} {run[0] or 'ours'} {' '.join(run[2])}: {shown} (load {line['load']})", flush=True)
    return lines


def check(lines: list[dict[str, Any]]) -> list[str]:
    """What our runs found that they should not have."""
    faults = []
    for line in lines:
        if line["run"][0]:
            continue
        if "error" in line:
            faults.append(f"{line['work']}: {line['error']}")
            continue
        for key, value in EXPECTED[line["work"]].items():
            if line[key] != value:
                faults.append(f"{line['work']}: {key} is {line[key]}, the reference has {value}")
        if line["compiled"]:
            faults.append(f"{line['work']}: {line['compiled']} kernels were compiled in a primed process")
        if line["peak_mb"] > MOST_MB.get(line["work"], 1e9):
            faults.append(
                f"{line['work']}: peak memory {line['peak_mb']:.0f} MB, the budget is {MOST_MB[line['work']]:.0f}"
            )
    return faults


def machine() -> str:
    """What it ran on."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0))
    return f"{model}, {cores} cores, {platform.system()}, Python {platform.python_version()}"


def tree() -> str:
    """Which tree was measured."""
    asked = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(asked, cwd=HERE, capture_output=True, text=True, check=False)
    return f"tree {found.stdout.strip()}" if found.returncode == 0 else "a tree without git"


def main() -> int:
    """Measure, check, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("work", nargs="*", metavar="work", help=f"any of {', '.join(WORK)}; all when left out")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the table takes medians")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    given = parser.parse_args()
    unknown = [name for name in given.work if name not in WORK]
    if unknown:
        parser.error(f"unknown work {', '.join(unknown)}; choose from {', '.join(WORK)}")
    data.verify()
    lines: list[dict[str, Any]] = []
    for name in given.work or WORK:
        lines += measure(name, given.times, given.ours)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "lines.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    names = list(dict.fromkeys(line["work"] for line in lines))
    where = f"{machine()}. Medians of {given.times}, {tree()}"
    parts = {name: table(name, [line for line in lines if line["work"] == name], where) for name in names}
    print("\n" + "\n".join(parts.values()))
    faults = check(lines)
    whole = {n: part for n, part in parts.items() if not given.ours or all(not run[0] for run in WORK[n].runs)}
    if whole and not faults:
        page = HERE / "README.md"
        page.write_text(with_sections(page.read_text(), whole))
    for fault in faults:
        print(f"bench: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
