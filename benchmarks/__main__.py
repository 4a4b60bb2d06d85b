"""``python -m benchmarks [work ...] [--times N] [--ours]``: our engine and the peers, side by side.

Each run is a process of its own; the runs of one kind of work take turns, so that a busy minute hits all of them. The
table takes medians. It goes to benchmarks/results/ (all lines) and between the marks of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import data
from benchmarks.setup_peers import interpreter

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
BEGIN, END = "<!-- table begins -->", "<!-- table ends -->"
LIMIT_S = 900

# work: (title, unit, budget as a ratio to the best peer, ours, peers); a run is (environment, module, arguments)
Run = tuple[str, str, tuple[str, ...]]
OURS, PEERS = "benchmarks.ours", "benchmarks.peers."
WORK: dict[str, tuple[str, str, float, tuple[Run, ...]]] = {
    "one": (
        "W1: one symbol, 1,000,000 bars, declarative", "bars/s", 5.0,
        (("", OURS, ("one", "none")), ("", OURS, ("one", "events")), ("flox", PEERS + "flox_peer", ("one",)),
         ("vectorbt_rust", PEERS + "vectorbt_peer", ("one",)), ("vectorbt", PEERS + "vectorbt_peer", ("one",))),
    ),
    "callback": (
        "W1: the same, Python callback on each bar", "bars/s", 2.0,
        (("", OURS, ("callback", "none")), ("", OURS, ("callback", "events")),
         ("flox", PEERS + "flox_peer", ("callback",)), ("backtesting", PEERS + "backtesting_peer", ("callback",)),
         ("nautilus", PEERS + "nautilus_peer", ("callback",))),
    ),
    "many": (
        "W2: 50 symbols x 100,000 bars, one account", "symbol-bars/s", 5.0,
        (("", OURS, ("many", "none")), ("", OURS, ("many", "events")), ("flox", PEERS + "flox_peer", ("many",)),
         ("vectorbt", PEERS + "vectorbt_peer", ("many",)), ("vectorbt_rust", PEERS + "vectorbt_peer", ("many",)),
         ("nautilus", PEERS + "nautilus_peer", ("many",))),
    ),
    "sweep": (
        "W3: sweep, 1,000 pairs x 100,000 bars", "backtests/s", 20.0,
        (("", OURS, ("sweep",)), ("flox", PEERS + "flox_peer", ("sweep",)),
         ("vectorbt", PEERS + "vectorbt_peer", ("sweep",)), ("vectorbt_rust", PEERS + "vectorbt_peer", ("sweep",)),
         ("backtesting", PEERS + "backtesting_peer", ("sweep",)), ("nautilus", PEERS + "nautilus_peer", ("sweep",))),
    ),
}  # fmt: skip
# what our runs and vectorbt's must find: fills and final equity (the sweep: all fills, and those of ten pairs)
EXPECTED: dict[str, dict[str, float]] = {
    "one": {"fills": 44424, "equity": 939189.89},
    "callback": {"fills": 44424, "equity": 939189.89},
    "many": {"fills": 224250, "equity": 774541.66},
    "sweep": {"fills": 2758288, "ten": 54378},
}
MOST_MB = {"one": 500.0, "many": 1500.0, "sweep": 500.0}


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
    for run in WORK[name][3]:
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


def table(name: str, lines: list[dict[str, Any]]) -> str:
    """Medians of one kind of work as Markdown."""
    title, unit, budget, _ = WORK[name]
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for line in lines:
        if "error" not in line:
            groups.setdefault((line["engine"], line["version"], line.get("record", "")), []).append(line)

    def median(group: list[dict[str, Any]], key: str) -> float:
        return float(statistics.median(line[key] for line in group))

    peers = [g for k, g in groups.items() if k[0] != "consilience"]
    best_peer = max((median(g, "rate") for g in peers), default=0.0)
    best_cpu = max((g[0]["units"] / median(g, "cpu") for g in peers), default=0.0)
    best_again = max((g[0]["units"] / median(g, "again") for g in peers), default=0.0)
    heads = ["engine", "units run", "first s", "CPU s", "again s", unit]
    heads += ["x best peer, first", "first, CPU", "again"]
    heads += ["peak MB", "fills", "final equity"]
    rows = [f"### {title}", "", f"Budget: at least {budget:g}x the best peer.", ""]
    rows += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for key, group in sorted(groups.items(), key=lambda item: -median(item[1], "rate")):
        rate, cpu = median(group, "rate"), group[0]["units"] / median(group, "cpu")
        label = f"{key[0]} {key[1]}" + (f", record {key[2]}" if key[2] else "")
        again = group[0]["units"] / median(group, "again")
        ratios = "- | - | -"
        if best_peer:
            ratios = f"{rate / best_peer:.2f} | {cpu / best_cpu:.2f} | {again / best_again:.2f}"
        equity = f"{group[0]['equity']:.2f}" if "equity" in group[0] else ""
        spent = f"{median(group, 'wall'):.4f} | {median(group, 'cpu'):.4f} | {median(group, 'again'):.4f}"
        memory = max(line["peak_mb"] for line in group)
        rows.append(
            f"| {label} | {group[0]['units']:,} | {spent} | {again:,.0f} "
            f"| {ratios} | {memory:.0f} | {group[0]['fills']:,} | {equity} |"
        )
    return "\n".join([*rows, ""])


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
    parts = "\n".join(table(name, [line for line in lines if line["work"] == name]) for name in names)
    loads = [line["load"] for line in lines]
    head = f"Machine: {machine()}. Medians of {given.times}; load average before a run {min(loads)} to {max(loads)}."
    print("\n" + head + "\n\n" + parts)
    if len(names) == len(WORK) and not given.ours:
        page = HERE / "README.md"
        before, rest = page.read_text().split(BEGIN)
        page.write_text(f"{before}{BEGIN}\n\n{head}\n\n{parts}\n{END}{rest.split(END)[1]}")
    faults = check(lines)
    for fault in faults:
        print(f"bench: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
