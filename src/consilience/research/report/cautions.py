"""What a reader must know before believing the figures: each caution says what was seen and what it means."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist

from consilience.core.codes import Reason
from consilience.core.reason_text import REASON_TEXT
from consilience.research.report.aggregate import Group
from consilience.research.report.data import Record, ReportData
from consilience.research.report.halts import halted_words
from consilience.research.report.text import number, percent, years_between
from consilience.research.report.violations import violation_words

FEW_TRADES = 30
SHORT_YEARS = 1.0
LOW_PSR = 0.95
RARELY = 0.01  # of the symbols x slices that fusion spoke of
MANY_DROPPED = 0.1  # of the judged bars
LEVELS = ("stop", "warn", "note")
_EULER = 0.5772156649015329


class Caution(Record, frozen=True, kw_only=True, eq=False):
    """key: stable name. level: 'stop' (trading had ended), 'warn' (the figures may mislead) or 'note' (good to
    know)."""

    key: str
    level: str
    title: str
    text: str


class Seen(Record, frozen=True, kw_only=True, eq=False):
    """What the rules look at."""

    data: ReportData
    total: Group
    years: float


def cautions_of(data: ReportData, total: Group) -> tuple[Caution, ...]:
    """All cautions that apply, in a fixed order, the graver levels first."""
    seen = Seen(data=data, total=total, years=years_between(data.start_ns, data.end_ns))
    found = [c for rule in _RULES if (c := rule(seen)) is not None]
    found += [Caution(key=f"violation_{k}", level="warn", title=t, text=x) for k, t, x in violation_words(data)]
    return tuple(sorted(found, key=lambda c: LEVELS.index(c.level)))


def expected_best_sharpe(sets: int, years: float) -> float:
    """Annual Sharpe ratio that the best of ``sets`` independent trials without skill shows by luck; NaN if undefined.

    Expected maximum of normal draws (Bailey and Lopez de Prado, The Deflated Sharpe Ratio, 2014) times the standard
    error of an annual Sharpe ratio whose true value is zero, 1 / sqrt(years) (Lo, 2002).
    """
    if sets < 2 or years <= 0.0:
        return math.nan
    normal = NormalDist()
    top = (1 - _EULER) * normal.inv_cdf(1 - 1 / sets) + _EULER * normal.inv_cdf(1 - 1 / (sets * math.e))
    return top / math.sqrt(years)


def _halted(seen: Seen) -> Caution | None:
    words = halted_words(seen.data)
    return None if words is None else Caution(key="halted", level=words[0], title=words[1], text=words[2])


def _no_trades(seen: Seen) -> Caution | None:
    if seen.total.trades + seen.total.open_trades:
        return None
    nothing = next((r for r in seen.data.rejections if r.reason == REASON_TEXT[Reason.SIZE_IS_ZERO]), None)
    lots = (
        f" The size came to less than one lot, first at {nothing.example}. Give more --cash or "
        "a larger share of it for an entry; whole units of a coin mean that its file was read as shares (--kind)."
        if nothing
        else ""
    )
    return Caution(
        key="no_trades",
        level="warn",
        title="No trade was made",
        text="The tables of gates and rejections say where decisions stopped. No figure here judges a strategy." + lots,
    )


def _set_aside(seen: Seen) -> Caution | None:
    failed = [s for s in seen.data.strategies if s.failure]
    if not failed:
        return None
    names = ", ".join(s.name for s in failed)
    return Caution(
        key="strategy_failed",
        level="warn",
        title=f"{names} failed and {'was' if len(failed) == 1 else 'were'} set aside",
        text=" ".join(f"{s.name} in {s.failure}." for s in failed)
        + " Its orders were cancelled and its positions closed; the others went on. The manifest has the traceback.",
    )


def _few_trades(seen: Seen) -> Caution | None:
    if seen.total.trades >= FEW_TRADES or seen.total.trades + seen.total.open_trades == 0:
        return None
    return Caution(
        key="few_trades",
        level="warn",
        title=f"Only {seen.total.trades} closed trade{'' if seen.total.trades == 1 else 's'}",
        text=f"Below {FEW_TRADES}, win rate, profit factor and Sharpe are mostly luck. Test longer, or more symbols.",
    )


def _no_costs(seen: Seen) -> Caution | None:
    if seen.total.trades + seen.total.open_trades == 0:
        return None
    missing = [name for name, cost in (("fees", seen.total.fees), ("slippage", seen.total.slippage)) if cost == 0.0]
    if not missing:
        return None
    return Caution(
        key="zero_costs",
        level="warn",
        title=f"No {' and no '.join(missing)}",
        text=f"The run paid no {' and no '.join(missing)}. Real trading pays; the true result is lower than shown.",
    )


def _never_sure(seen: Seen) -> Caution | None:
    for note in seen.data.fusion:
        reach = note.reach
        if reach is None or not reach.spoke or reach.confident >= RARELY * reach.spoke:
            continue
        often = "never" if not reach.confident else f"in {percent(reach.confident / reach.spoke, 2)} of its signals"
        return Caution(
            key="never_sure",
            level="warn",
            title=f"{note.strategy} was {often} sure enough to trade",
            text=f"Profile {note.profile} reached a confidence of {number(reach.highest, 3)} at most; SET needs more "
            f"than {reach.threshold:g}. [orchestrator] threshold lowers that, or choose a profile whose confidence is "
            "another number: document 000's is the weighted sum itself, which is small while its sources differ.",
        )
    return None


def _short_period(seen: Seen) -> Caution | None:
    if seen.years >= SHORT_YEARS:
        return None
    return Caution(
        key="short_period",
        level="warn",
        title=f"Short period: {number(seen.years * 365.25, 0)} days",
        text="Under a year, annualised figures extrapolate, and the run has seen few kinds of market.",
    )


def _low_psr(seen: Seen) -> Caution | None:
    metric = seen.data.metric("probabilistic_sharpe")
    if metric is None or not metric.value < LOW_PSR:
        return None
    return Caution(
        key="low_psr",
        level="warn",
        title=f"Probabilistic Sharpe ratio {number(metric.value, 2)}",
        text=f"The chance that the true Sharpe ratio is above zero is under {percent(LOW_PSR, 0)}, the usual bar.",
    )


def _many_sets(seen: Seen) -> Caution | None:
    if seen.data.sets_tried < 2:
        return None
    luck = expected_best_sharpe(seen.data.sets_tried, seen.years)
    tail = (
        f" The best of so many independent sets without skill shows a Sharpe near {number(luck)}."
        if luck == luck
        else ""
    )
    return Caution(
        key="many_sets",
        level="warn",
        title=f"Best of {seen.data.sets_tried:,} parameter sets",
        text=f"Chosen after the fact, so its figures are biased upward.{tail} Check it on unseen data.",
    )


def _concentrated(seen: Seen) -> Caution | None:
    if seen.total.trades < 2 or not seen.total.pnl > 0.0 or seen.total.best <= 0.5 * seen.total.pnl:
        return None
    share = percent(seen.total.best / seen.total.pnl, 0)
    return Caution(
        key="concentrated",
        level="warn",
        title="One trade carries the result",
        text=f"The best trade made {share} of the net profit of all closed trades.",
    )


def _optimistic(seen: Seen) -> Caution | None:
    names = [a.name for a in seen.data.assumptions if a.optimistic]
    if not names:
        return None
    return Caution(
        key="optimistic",
        level="warn",
        title="Optimistic assumptions",
        text=f"Marked as kinder than reality: {', '.join(names)}. See Assumptions.",
    )


def _behind_benchmark(seen: Seen) -> Caution | None:
    ours = seen.data.metric("total_return")
    if ours is None or seen.data.benchmark is None:
        return None
    theirs = next((m for m in seen.data.benchmark.metrics if m.key == "total_return"), None)
    if theirs is None or not ours.value < theirs.value:
        return None
    return Caution(
        key="behind_benchmark",
        level="note",
        title="Behind the benchmark",
        text=f"{seen.data.benchmark.name} returned {percent(theirs.value, signed=True)}, "
        f"this run {percent(ours.value, signed=True)}.",
    )


def _open_at_end(seen: Seen) -> Caution | None:
    if seen.total.open_trades == 0:
        return None
    return Caution(
        key="open_at_end",
        level="note",
        title=f"{seen.total.open_trades:,} position{'' if seen.total.open_trades == 1 else 's'} open at the end",
        text="Marked at the last price. They count in the equity curve, not in the statistics of closed trades.",
    )


def _quality(seen: Seen) -> Caution | None:
    flagged = sum(q.count for q in seen.data.quality)
    if flagged == 0:
        return None
    dropped = max((q for q in seen.data.quality if q.action == "dropped"), key=lambda q: q.count, default=None)
    if dropped is not None and dropped.count > MANY_DROPPED * len(seen.data.equity.ts):
        return Caution(
            key="data_dropped",
            level="warn",
            title=f"{dropped.count:,} bars of {dropped.symbol} were dropped: {dropped.flag}",
            text=f"{len(seen.data.equity.ts):,} bars were judged. Check that the data's hours, time zone and stamp are "
            "those that it was read with.",
        )
    return Caution(
        key="data_quality",
        level="note",
        title=f"{flagged:,} data quality flag{'' if flagged == 1 else 's'}",
        text="See Data quality for what was flagged and what was done with it.",
    )


_RULES: tuple[Callable[[Seen], Caution | None], ...] = (
    _halted,
    _set_aside,
    _no_trades,
    _never_sure,
    _many_sets,
    _few_trades,
    _short_period,
    _no_costs,
    _low_psr,
    _concentrated,
    _optimistic,
    _behind_benchmark,
    _open_at_end,
    _quality,
)
