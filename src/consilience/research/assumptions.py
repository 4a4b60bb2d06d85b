"""What a run took for granted: every setting in words, why it is so, and whether it is kinder than reality."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from consilience.core.spec import ParamSpec
from consilience.engine.capital import capital_shares
from consilience.engine.risk_inputs import unmeasured
from consilience.execution.catalog import FEES, SLIPPAGES, find_model
from consilience.execution.physics.base import PhysicsModel
from consilience.research.report.data import Assumption
from consilience.research.risk_assumptions import risk_assumptions, size_words

if TYPE_CHECKING:
    from consilience.engine.settings import Settings
    from consilience.research.result import BacktestResult


def assumptions(result: BacktestResult) -> tuple[Assumption, ...]:
    """All of them, costs first."""
    settings = result.settings
    return (
        *_costs(settings), *_fills(settings), *_account(result), *risk_assumptions(settings), *_judging(result)
    )  # fmt: skip


def _costs(settings: Settings) -> Iterator[Assumption]:
    physics = settings.physics
    for name, models, model, given in (
        ("Fees", FEES, physics.fee, physics.fee_parameters),
        ("Slippage", SLIPPAGES, physics.slippage, physics.slippage_parameters),
    ):
        found = find_model(models, model)[1]
        free = _is_free(found, given)
        why = f"{found.spec.summary}; {'real trading pays' if free else 'paid on every fill'}"
        yield Assumption(name=name, value=_model_text(found, given), why=why, optimistic=free)


def _model_text(model: PhysicsModel, given: dict[str, float]) -> str:
    values = ", ".join(_parameter_text(p, float(given.get(p.name, float(p.default)))) for p in model.spec.params)
    return f"{model.spec.name.replace('_', ' ')}{': ' + values if values else ''}"


def _parameter_text(param: ParamSpec, value: float) -> str:
    name = param.name.replace("_", " ")
    if param.unit.startswith("fraction"):
        return f"{name} {value * 100:g}%"
    return f"{name} {value:g}" if param.unit in ("", param.name) else f"{name} {value:g} {param.unit}"


def _is_free(model: PhysicsModel, given: dict[str, float]) -> bool:
    """Whether the model charges nothing: it has no parameter, or every one is zero (a minimum alone still costs)."""
    return all(float(given.get(p.name, p.default)) <= 0.0 for p in model.spec.params)


def _fills(settings: Settings) -> Iterator[Assumption]:
    physics = settings.physics
    yield Assumption(
        name="Market orders",
        value="next bar's open",
        why="a decision needs the bar's close, so it acts on the next bar",
    )
    yield Assumption(
        name="Stops", value="worse of stop and open", why="a price that jumps over the stop fills where it lands"
    )
    yield Assumption(
        name="Stop and target in one bar",
        value="counts as the stop",
        why="a bar does not tell which came first, so the worse one is taken",
    )
    through = physics.limit_needs_through
    yield Assumption(
        name="Limit orders",
        value="fill when price goes through" if through else "fill at a touch",
        why="at a touch others may be ahead in the queue",
        optimistic=not through,
    )
    share = physics.participation
    yield Assumption(
        name="Participation",
        value=f"at most {share * 100:.6g}% of a bar's volume" if share else "no cap",
        why="a larger share would move the price" if share else "any size fills at once",
        optimistic=share == 0.0 or share > 0.25,
    )
    yield Assumption(
        name="Latency",
        value=f"{physics.latency_slices} whole bars besides the next open",
        why="between the decision and the venue",
    )


def _account(result: BacktestResult) -> Iterator[Assumption]:
    settings, currency = result.settings, result.panel.currencies[0]
    yield Assumption(name="Start cash", value=f"{settings.cash:,.12g} {currency}", why="earns no interest")
    size, why = size_words(settings)
    yield Assumption(name="Size", value=size, why=why)
    if settings.capital:
        slices = zip(result.labels, capital_shares(settings, result.labels), strict=True)
        yield Assumption(
            name="Capital slices",
            value=", ".join(f"{label} {share:.4g}" for label, share in slices),
            why="shares of the account's equity; each strategy's sizes and limits are of its slice",
        )
    leverage = settings.leverage
    yield Assumption(
        name="Leverage",
        value=f"{leverage:.6g} x equity",
        why="no interest is charged on what is borrowed" if leverage > 1.0 else "no borrowing to buy",
        optimistic=leverage > 1.0,
    )
    for name, limit in (("Position limit", settings.max_position), ("Gross limit", settings.max_gross)):
        unlimited = "none besides the risk rules'" if settings.full_risk else "none"
        yield Assumption(name=name, value=f"{limit:.6g} x equity" if limit else unlimited, why="checked at each entry")
    missing = unmeasured(settings.risk, result.panel)
    if missing:
        passes = settings.risk.when_unknown == "pass"
        yield Assumption(
            name="Risk limits without input",
            value=", ".join(missing),
            why=f"{'; '.join(missing.values())}; what a limit can't measure {'passes' if passes else 'is refused'}",
            optimistic=passes,
        )
    shrink = settings.shrink_on_shortage
    yield Assumption(
        name="Cash short at the fill",
        value="fill what can be paid" if shrink else "refuse the order",
        why="the open may be dearer than the close that sized the order",
    )
    short = bool((result.output.fills["position"] < 0).any())
    yield Assumption(
        name="Short selling",
        value="allowed, free to borrow" if settings.allow_short else "not allowed",
        why="stock is always found and costs nothing to borrow" if short else "no position was short",
        optimistic=short,
    )
    if result.panel.factor is not None:
        yield Assumption(
            name="Corporate actions",
            value=f"{len(result.panel.actions)} in the data",
            why="features see forward-adjusted prices; orders and books are raw; dividends are paid in full, untaxed",
        )


def _judging(result: BacktestResult) -> Iterator[Assumption]:
    yield Assumption(
        name="Warm-up", value=f"{result.first_row} bars", why="neither decisions nor performance count before"
    )
    yield Assumption(
        name="Benchmark",
        value=result.benchmark_name,
        why="forward-adjusted, free of costs; a symbol that lists later waits in cash",
    )
    yield Assumption(name="Bars a year", value=f"{result.periods_per_year:.6g}", why=result.prepared.year.how)
    yield Assumption(
        name="Risk-free rate", value=f"{result.prepared.terms.risk_free * 100:.6g}% a year", why="as given"
    )
    universe = result.settings.universe
    if universe.screens:
        parts = [*universe.filters, *([f"best {universe.top}"] if universe.top else [])]
        yield Assumption(
            name="Members",
            value=f"{universe.name}: {', '.join(parts)}",
            why=f"as known at each bar; missing data: {universe.missing}; positions of those who leave: "
            f"{universe.on_exit}",
            optimistic=universe.missing == "pass",
        )
    if len(result.panel.symbols) > 1:
        yield Assumption(
            name="Universe",
            value=f"{len(result.panel.symbols)} symbols, chosen by hand",
            why="symbols that are known today to have survived flatter any strategy",
            optimistic=True,
        )
