"""The namespace of strategies: ``ta.<feature>(inputs..., parameters...)`` for every feature of the catalog.

``ta.ema(bar.close, 10)`` builds an expression; nothing is computed here. Features that read several columns of a bar
take the bar: ``ta.atr(bar, 14)``. Several outputs are attributes: ``ta.macd(bar.close).signal``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from consilience.core.errors import ReportBug, StrategyError, nearest
from consilience.features.bar import Bar
from consilience.features.catalog import FEATURES
from consilience.features.expression import Node, Outputs, call_all, checked, lift
from consilience.features.feature import Feature, Kind


def _signature(feature: Feature) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    first = ["bar"] if feature.takes_bar else list(feature.spec.inputs)
    parts = [inspect.Parameter(name, kind, annotation=Bar if feature.takes_bar else Node) for name in first]
    parts += [
        inspect.Parameter(p.name, kind, default=p.default, annotation=type(p.default)) for p in feature.spec.params
    ]
    return inspect.Signature(parts, return_annotation=Node if len(feature.outputs) == 1 else Outputs)


def _text(feature: Feature) -> str:
    spec = feature.spec
    lines = [spec.summary, ""]
    for p in spec.params:
        limits = "a" if p.low is None else f"{p.low}..{p.high}"
        allowed = f"one of {', '.join(p.choices)}" if p.choices else f"{limits} {p.unit}".rstrip()
        lines.append(f"{p.name}: {allowed}" + (f". {p.text}" if p.text else ""))
    if len(spec.outputs) > 1:
        lines.append(f"Outputs: {', '.join('.' + o for o in spec.outputs)}.")
    lines += [f"Warm-up: {spec.warm_up}. {spec.nan_rule}. Convention: {spec.convention}.", f"Source: {spec.source}"]
    return "\n".join(line for line in lines if line != "Source: ")


def _function(feature: Feature) -> Callable[..., Any]:
    signature = _signature(feature)

    def build(*args: Any, **kwargs: Any) -> Any:
        for key in kwargs:
            if key not in signature.parameters:
                near = nearest(key, signature.parameters)
                hint = f"; did you mean '{near}'?" if near else f"; it takes {', '.join(signature.parameters)}"
                raise StrategyError(f"ta.{feature.name} has no parameter '{key}'{hint}")
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise StrategyError(f"ta.{feature.name}{signature_text(feature)}: {error}") from None
        bound.apply_defaults()
        values = list(bound.arguments.values())
        params = tuple(values[len(values) - len(feature.spec.params) :])
        if feature.takes_bar:
            if not isinstance(values[0], Bar):
                raise StrategyError(f"ta.{feature.name} takes the bar itself, as in ta.{feature.name}(bar, ...)")
            if feature.kind is Kind.COMPOSED:
                return _composed(feature, (values[0],), params)
            inputs = tuple(getattr(values[0], name) for name in feature.spec.inputs)
        else:
            inputs = tuple(
                lift(v, f"ta.{feature.name}: {n}") for n, v in zip(feature.spec.inputs, values, strict=False)
            )
        if feature.kind is Kind.COMPOSED:
            return _composed(feature, inputs, params)
        nodes = call_all(feature.name, inputs, params)
        return nodes[0] if len(nodes) == 1 else Outputs(feature, nodes)

    build.__name__ = build.__qualname__ = feature.name
    build.__doc__ = _text(feature)
    build.__signature__ = signature  # type: ignore[attr-defined]
    return build


def _composed(feature: Feature, given: tuple[Any, ...], params: tuple[object, ...]) -> Any:
    """The expressions that a composed feature stands for."""
    made = feature.step(_HERE, *given, *checked(feature, params))
    nodes = tuple(lift(n, f"ta.{feature.name}") for n in (made if isinstance(made, tuple) else (made,)))
    if len(nodes) != len(feature.outputs):
        raise ReportBug(f"{feature.name} declares {len(feature.outputs)} outputs and makes {len(nodes)}")
    return nodes[0] if len(nodes) == 1 else Outputs(feature, nodes)


def signature_text(feature: Feature) -> str:
    """``(x, period=20, seed='sma')``."""
    parts = _signature(feature).parameters.values()
    return "(" + ", ".join(p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in parts) + ")"


__all__ = sorted(FEATURES)  # noqa: PLE0605  (the catalog is the list)
globals().update({name: _function(f) for name, f in FEATURES.items()})


class _Here:
    """This namespace, for composed features: a file that the catalog lists cannot import what is made from it."""

    def __getattr__(self, name: str) -> Any:
        return globals()[name] if name in FEATURES else __getattr__(name)


_HERE = _Here()


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    near = nearest(name, FEATURES)
    raise StrategyError(f"ta has no feature '{name}'" + (f"; did you mean ta.{near}?" if near else ""))
