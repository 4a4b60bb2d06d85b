"""Make the reference pages of docs/ from the Specs: ``python -m tools.docs`` writes, ``--check`` only compares.

What a page says is what the catalogue says; nothing is written by hand there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from consilience.core.codes import Gate, Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.core.spec import ParamSpec, Spec
from consilience.execution.catalog import FEES, SLIPPAGES
from consilience.features.catalog import FEATURES
from consilience.portfolio.metric_table import METRICS
from consilience.risk.catalog import RULES, SIZERS
from consilience.signals.catalog import FUSIONS, SOURCES
from consilience.strategies.catalog import STRATEGIES
from consilience.universe.catalog import SPECS as UNIVERSE_SPECS

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Made by `make docs` from the catalogue; do not edit. -->"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    return [*lines, ""]


def _range(param: ParamSpec) -> str:
    if param.choices:
        return ", ".join(param.choices)
    if param.low is None and param.high is None:
        return "true, false" if isinstance(param.default, bool) else ""
    return f"{param.low:g} .. {param.high:g}" if param.low is not None and param.high is not None else ""


def params(spec: Spec) -> list[str]:
    """The parameters of a Spec as a table, or one line when it has none."""
    if not spec.params:
        return ["No parameters.", ""]
    rows = [(f"`{p.name}`", f"`{p.default}`", _range(p), p.unit, p.text) for p in spec.params]
    return table(("parameter", "default", "range", "unit", "note"), rows)


def features_page() -> str:
    """Every feature with inputs, outputs, warm-up, NaN rule, convention and source."""
    lines = [NOTE, "# Features", "", f"{len(FEATURES)} features, called as `ta.<name>(...)`.", ""]
    families = sorted({feature.spec.family for feature in FEATURES.values()})
    for family in families:
        lines += [f"## {family}", ""]
        for name, feature in sorted(FEATURES.items()):
            spec = feature.spec
            if spec.family != family:
                continue
            lines += [f"### {name}", "", spec.summary, "", *params(spec)]
            facts = [
                ("reads", ", ".join(spec.inputs)),
                ("gives", ", ".join(spec.outputs)),
                ("warm-up", spec.warm_up),
                ("NaN", spec.nan_rule),
                ("convention", spec.convention),
                ("source", spec.source),
            ]
            lines += [*(f"- {what}: {text}" for what, text in facts if text), ""]
    return "\n".join(lines)


def strategies_page() -> str:
    """Every catalogued strategy with its parameters."""
    lines = [NOTE, "# Strategies", ""]
    for name, strategy in STRATEGIES.items():
        text = (strategy.__doc__ or "").split("\n\n", 1)
        more = " ".join(text[1].split()) if len(text) > 1 else ""
        lines += [f"## {name}", "", text[0].strip(), "", *([more, ""] if more else []), *params(strategy.spec())]
    return "\n".join(lines)


def signals_page() -> str:
    """Every signal source with inputs, parameters, horizon and formula."""
    order = f"{len(SOURCES)} sources, in the order in which their contributions are summed. "
    lines = [
        NOTE,
        "# Signal sources",
        "",
        order + "Each says a value, -1 to 1, with a confidence, 0 to 1, or abstains.",
    ]
    for name, source in SOURCES.items():
        spec = source.spec
        lines += ["", f"## {name}", "", spec.summary, "", *params(spec)]
        facts = [
            ("reads", ", ".join(spec.inputs)),
            ("feed", source.feed),
            ("speaks of", f"the next {source.horizon} bars"),
            ("first word", spec.warm_up),
            ("convention", spec.convention),
            ("source", spec.source),
        ]
        lines += [f"- {what}: {text}" for what, text in facts if text]
    return "\n".join(lines)


def stages_page() -> str:
    """The small models and rules of the stages."""
    lines = [NOTE, "# Stages: universe, fusion, risk, execution", ""]
    groups: list[tuple[str, list[Spec]]] = [
        ("Universe", list(UNIVERSE_SPECS)),
        ("Fusion", [m.SPEC for m in FUSIONS]),
        ("Risk rules", [module.SPEC for _, module in RULES]),
        ("Sizers", [m.SPEC for m in SIZERS]),
        ("Fees", [m.spec for m in FEES]),
        ("Slippage", [m.spec for m in SLIPPAGES]),
    ]
    for title, specs in groups:
        lines += [f"## {title}", ""]
        for spec in specs:
            lines += [f"### {spec.name}", "", spec.summary, "", *params(spec)]
    return "\n".join(lines)


def metrics_page() -> str:
    """Every metric, its unit, formula and source."""
    rows = [(m.group, f"`{m.name}`", m.label, m.unit, m.formula, m.source) for m in METRICS]
    lines = [NOTE, "# Metrics", "", "Undefined cases are NaN, shown as a dash.", ""]
    return "\n".join([*lines, *table(("group", "key", "name", "unit", "formula", "source"), rows)])


def reasons_page() -> str:
    """Gates and reason codes of decisions, orders and fills."""
    lines = [NOTE, "# Gates and reasons", "", "## Gates", ""]
    lines += table(("code", "gate"), [(int(g), g.name) for g in Gate])
    rows = [(int(r), r.name, REASON_TEXT[r]) for r in Reason]
    lines += ["## Reasons", "", *table(("code", "name", "in words"), rows)]
    return "\n".join(lines)


PAGES = {
    "features.md": features_page,
    "strategies.md": strategies_page,
    "signals.md": signals_page,
    "stages.md": stages_page,
    "metrics.md": metrics_page,
    "reasons.md": reasons_page,
}


def stale() -> list[str]:
    """Names of the pages whose file differs from what the catalogue says now."""
    found = []
    for name, make in PAGES.items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != make().rstrip() + "\n":
            found.append(name)
    return found


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or with ``--check`` say which are stale (exit 1)."""
    old = stale()
    if "--check" in arguments:
        sys.stdout.write("".join(f"docs/reference/{name}: stale; run 'make docs'\n" for name in old))
        return 1 if old else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in old:
        (FOLDER / name).write_text(PAGES[name]().rstrip() + "\n", encoding="utf-8")
    sys.stdout.write(f"docs: {len(old)} of {len(PAGES)} pages written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
