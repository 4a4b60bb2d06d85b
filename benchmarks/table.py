"""Lines of one kind of work as a Markdown table."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.work import WORK

BEGIN, END = "<!-- table begins -->", "<!-- table ends -->"


def shown(value: Any) -> str:
    """A fact as text: whole numbers with commas, others with two decimals."""
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.2f}"


def median(group: list[dict[str, Any]], key: str) -> float:
    """Of one number over the runs of a group."""
    return float(statistics.median(line[key] for line in group))


def fact(group: list[dict[str, Any]], key: str) -> str:
    """The median of a measured fact; what is the same in every run, as it is."""
    found = [line.get(key) for line in group]
    if all(isinstance(f, float) for f in found):
        return shown(median(group, key))
    return shown(found[0])


def with_sections(page: str, fresh: dict[str, str]) -> str:
    """A page with the sections of some kinds of work, by name, put in place of those it had; the others stay."""
    before, rest = page.split(BEGIN)
    inside, after = rest.split(END)
    old = {part.split("\n", 1)[0]: f"### {part.strip()}\n" for part in inside.split("### ")[1:]}
    kept = [fresh.get(name) or old.get(work.title) for name, work in WORK.items()]
    return f"{before}{BEGIN}\n\n" + "\n".join(part for part in kept if part) + f"\n{END}{after}"


def table(name: str, lines: list[dict[str, Any]], machine: str = "") -> str:
    """Medians of one kind of work. machine: what it ran on, said above the figures."""
    title, unit, budget, _, facts = WORK[name]
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for line in lines:
        if "error" not in line:
            label = line.get("label") or (f"record {line['record']}" if line.get("record") else "")
            groups.setdefault((line["engine"], line["version"], label), []).append(line)
    peers = [g for k, g in groups.items() if k[0] != "consilience"]
    best_peer = max((median(g, "rate") for g in peers), default=0.0)
    best_cpu = max((g[0]["units"] / median(g, "cpu") for g in peers), default=0.0)
    best_again = max((g[0]["units"] / median(g, "again") for g in peers), default=0.0)
    heads = ["engine", "units run", "first s", "CPU s", "again s", unit]
    heads += ["x best peer, first", "first, CPU", "again"]
    heads += ["peak MB", *(f.replace("equity", "final equity").replace("_", " ") for f in facts)]
    loads = [line["load"] for line in lines]
    rows = [f"### {title}", "", f"Budget: {budget}.", ""]
    if machine:
        rows += [f"{machine}; load average before a run {min(loads)} to {max(loads)}.", ""]
    rows += ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for key, group in sorted(groups.items(), key=lambda item: -median(item[1], "rate")):
        rate, cpu = median(group, "rate"), group[0]["units"] / median(group, "cpu")
        label = f"{key[0]} {key[1]}" + (f", {key[2]}" if key[2] else "")
        again = group[0]["units"] / median(group, "again")
        ratios = "- | - | -"
        if best_peer:
            ratios = f"{rate / best_peer:.2f} | {cpu / best_cpu:.2f} | {again / best_again:.2f}"
        spent = f"{median(group, 'wall'):.4f} | {median(group, 'cpu'):.4f} | {median(group, 'again'):.4f}"
        memory = max(line["peak_mb"] for line in group)
        found = " | ".join(fact(group, f) for f in facts)
        rows.append(f"| {label} | {group[0]['units']:,} | {spent} | {again:,.0f} | {ratios} | {memory:.0f} | {found} |")
    return "\n".join([*rows, ""])
