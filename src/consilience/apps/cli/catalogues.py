"""``strategies`` and ``features``: tables and details, made from the Specs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.shell import Output

if TYPE_CHECKING:
    from consilience.core.spec import ParamSpec, Spec

Name = Annotated[str | None, typer.Argument(help="One of them, in detail.")]


def strategies(*, name: Name = None, as_json: AsJson = False) -> None:
    """List the strategies of the catalogue and of strategies/ here, or show one in detail."""
    import inspect

    from consilience.apps.prepare import LIBRARY
    from consilience.apps.strategy_loader import broken_files, find_strategy, local_strategies
    from consilience.strategies.catalog import STRATEGIES

    out = Output(as_json=as_json)
    if name is not None and name != LIBRARY:
        kind = find_strategy(name)
        _detail(out, kind.spec(), inspect.getdoc(kind) or "", as_json)
        if not as_json:
            out.show(f"Try it: consilience backtest --strategy {name}")
        return
    specs = [kind.spec() for kind in STRATEGIES.values()]
    own = {} if name == LIBRARY else local_strategies()
    for file in () if name == LIBRARY else broken_files():
        out.warn(f"{file} cannot be read as Python and is left out; to see why: consilience strategies {file}")
    if as_json:
        out.document({"strategies": [_as_dict(s) for s in specs], "local": {n: str(f) for n, (f, _) in own.items()}})
        return
    rows = [(s.name, ", ".join(p.name for p in s.params), s.summary) for s in specs]
    rows += [(n, "", f"yours, in {file}") for n, (file, _) in own.items()]
    out.table(("Strategy", "Parameters", "What it does"), rows)
    out.show()
    if name == LIBRARY:
        out.show(f"All of these in one run: consilience backtest --strategy {LIBRARY}")
        return
    out.show(
        "One in detail: consilience strategies NAME. Yours: a class in strategies/*.py, or --strategy file.py:Class"
    )


def features(*, name: Name = None, as_json: AsJson = False) -> None:
    """List every feature that expressions may use, or show one in detail."""
    from consilience.core.errors import NotFound
    from consilience.features import ta
    from consilience.features.catalog import FEATURES

    out = Output(as_json=as_json)
    if name is not None:
        plain = name.removeprefix("ta.")
        if plain not in FEATURES:
            raise NotFound.named("feature", name, FEATURES)
        found = FEATURES[plain]
        call = f"ta.{found.name}{ta.signature_text(found)}"
        _detail(out, found.spec, f"{call}\n{found.spec.summary}", as_json)
        return
    specs = sorted((f.spec for f in FEATURES.values()), key=lambda s: (s.family, s.name))
    if as_json:
        out.document({"features": [_as_dict(s) for s in specs]})
        return
    rows = [(s.family, f"{s.name}{ta.signature_text(FEATURES[s.name])}", s.summary) for s in specs]
    out.table(("Family", "Call it with ta.", "What it is"), rows)
    out.show()
    out.show("One in detail: consilience features NAME")


def _detail(out: Output, spec: Spec, text: str, as_json: bool) -> None:
    if as_json:
        out.document(_as_dict(spec) | {"text": text})
        return
    out.show(spec.name)
    for line in text.splitlines():
        out.show(f"  {line}" if line else "")
    if spec.params:
        out.show("\nParameters")
        out.table(("Name", "Default", "Allowed", "Unit", "Note"), [_param_row(p) for p in spec.params])
        out.show()
    facts = [
        ("Reads", ", ".join(spec.inputs)),
        ("Gives", ", ".join(spec.outputs)),
        ("Warm-up", "" if spec.family in ("declarative", "callback") else spec.warm_up),
        ("NaN", "" if spec.family in ("declarative", "callback") else spec.nan_rule),
        ("Convention", spec.convention),
        ("Source", spec.source),
        ("Family", spec.family),
    ]
    for what, fact in facts:
        if fact:
            out.show(f"{what}: {fact}")


def _param_row(param: ParamSpec) -> tuple[str, ...]:
    if param.choices:
        allowed = ", ".join(param.choices)
    elif isinstance(param.default, bool):
        allowed = "true, false"
    elif param.low is None and param.high is None:
        allowed = "any"
    else:
        allowed = (
            f"{'' if param.low is None else f'{param.low:g}'} .. {'' if param.high is None else f'{param.high:g}'}"
        )
    return param.name, str(param.default), allowed, param.unit, param.text


def _as_dict(spec: Spec) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(spec)
