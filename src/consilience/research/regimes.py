"""``regimes``: which regime detector did better out of sample, and how late and how jumpy each was."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import numpy as np

from consilience.core.codes import MarketRegime
from consilience.core.errors import ConfigError, DataError
from consilience.core.events import Parameters
from consilience.core.panel import Bools, Floats, Ints
from consilience.core.parameters import slot_columns
from consilience.core.time import format_time
from consilience.features import Evaluator, FeatureBlock, Node, bar, ta
from consilience.features.regime._model import PERIOD, SLOTS, split_model
from consilience.market.float_bars import float_bars
from consilience.research.inputs import Data, run_data

RULE = "rule"
MODELS = {"hmm": ta.hmm_regime, "gmm": ta.gmm_regime}  # by how the name of a model ends
LABELS = tuple(MarketRegime)
ALARM = MarketRegime.BEARISH_VOLATILE


class Labels(NamedTuple):
    """What one detector said after each slice. regime: int64 [T], UNKNOWN where it does not know.

    probability: [T] of that regime. log_likelihood: [T] of the observation, NaN for a rule.
    """

    regime: Ints
    probability: Floats
    log_likelihood: Floats


@dataclass(frozen=True)
class Terms:
    """What is asked of the detectors. Times are UTC nanoseconds.

    shocks: times from which BEARISH_VOLATILE is due. calms: (from, to) in which it is a false alarm. ahead: slices of
    realised volatility to tell apart. bars_a_year: to annualise it. judge: a series that nothing reads but the
    judgement (the VIX): {day since 1970: value}; high: from where its days are wild.
    """

    shocks: tuple[int, ...] = ()
    calms: tuple[tuple[int, int], ...] = ()
    ahead: int = 20
    bars_a_year: float = 252.0
    judge: Mapping[int, float] = field(default_factory=dict)
    high: float = 30.0


@dataclass(frozen=True)
class Judged:
    """One detector over the slices that every detector knows.

    share, volatility, judged: by label: share of the slices, mean realised volatility of the slices after them (a
    year, fraction), mean of the judge's series. separation: share of the variance of the logarithm of that volatility
    which the labels explain. log_likelihood: mean, of a standardised observation, by parameters known before it.
    delays: slices from each shock's first close to the first BEARISH_VOLATILE (0: at that close), None when it never
    came. alarm_since: where it was on at the shock already, the close from which on. false_alarms: slices of each calm
    labelled so, and how many the calm has. caught: share of the judge's wild days labelled so. changes: of the label,
    a year.
    """

    name: str
    share: dict[str, float]
    volatility: dict[str, float]
    judged: dict[str, float]
    separation: float
    log_likelihood: float
    delays: tuple[int | None, ...]
    alarm_since: tuple[str, ...]
    false_alarms: tuple[tuple[int, int], ...]
    caught: float
    changes: float


@dataclass(frozen=True)
class Study:
    """All detectors, over slices ``first`` to ``last``."""

    symbol: str
    first: str
    last: str
    slices: int
    judged: tuple[Judged, ...]

    def verdict(self) -> tuple[str, ...]:
        """Who did better out of sample, in words."""
        best = max(self.judged, key=lambda one: one.separation)
        lines = [f"{best.name} told the volatility ahead apart best: its labels explain {best.separation:.0%} of it"]
        fitted = [one for one in self.judged if one.log_likelihood == one.log_likelihood]
        if len(fitted) > 1:
            likely = max(fitted, key=lambda one: one.log_likelihood)
            rest = ", ".join(f"{one.name} {one.log_likelihood:.3f}" for one in fitted if one is not likely)
            lines.append(f"{likely.name} found the bars least surprising: {likely.log_likelihood:.3f} a bar, {rest}")
        return tuple(lines)


def labels_of(data: Data, events: Mapping[str, Sequence[Parameters]]) -> dict[str, Labels]:
    """Labels of one market's slices by the rule, and by each fitted model of ``events`` (by its name).

    A name says by its end how it is read: regime_hmm, regime_gmm, regime_hmm@1d. Raises ConfigError for another
    name, DataError where the data has more than one symbol.
    """
    parts = run_data(data)
    panel = parts.panel
    if len(panel.symbols) != 1:
        raise DataError(f"regimes are studied one market at a time; choose one of {', '.join(panel.symbols[:12])}")
    nodes: dict[str, tuple[Node, ...]] = {RULE: tuple(ta.rule_regime(bar))}
    for name in events:
        kind = split_model(name)[0].rsplit("_", 1)[-1]
        if kind not in MODELS:
            raise ConfigError(
                f"model '{name}' ends in none of _{', _'.join(MODELS)}, so it is not known how to read it"
            )
        found = MODELS[kind](bar, name, PERIOD)
        nodes[name] = (found.regime, found.probability, found.log_likelihood)
    slots = [f"{name}.{slot}" for name in events for slot in SLOTS]
    rows = panel.shape[0]
    evaluator = Evaluator([n for group in nodes.values() for n in group], 1, slots=slots, block=rows)
    known = [event for group in events.values() for event in group]
    evaluator.push(
        FeatureBlock(
            ts=panel.ts,
            bars=float_bars(panel, 0, rows),
            valid=panel.valid,
            session=panel.session,
            session_open=parts.session_open,
            duration_ns=panel.duration_ns,
            slots=slot_columns(known, slots, panel.ts, panel.symbols) if slots else None,
        )
    )
    return {name: _read(evaluator, group) for name, group in nodes.items()}


def _read(evaluator: Evaluator, nodes: tuple[Node, ...]) -> Labels:
    columns = [evaluator.value(node)[:, 0].copy() for node in nodes]
    regime = np.where(np.isnan(columns[0]), float(MarketRegime.UNKNOWN), columns[0]).astype(np.int64)
    unknown = np.full(len(regime), np.nan)
    return Labels(regime, columns[1], columns[2] if len(columns) > 2 else unknown)


def study(data: Data, events: Mapping[str, Sequence[Parameters]], terms: Terms | None = None) -> Study:
    """Judge the rule and the fitted models on the slices that all of them know.

    ``events`` are those of a walk: each was known at its time, so all that is judged is out of sample. Raises as
    ``labels_of``, and DataError where no slice is known to all.
    """
    asked = terms or Terms()
    said = labels_of(data, events)
    panel = run_data(data).panel
    known = ~np.isnan(np.array([one.probability for one in said.values()])).any(axis=0)
    rows = np.flatnonzero(known)
    if not len(rows):
        raise DataError("no bar is known to every detector; give a longer history or a shorter training window")
    ahead = volatility_ahead(float_bars(panel, 0, panel.shape[0]).close[:, 0], asked.ahead, asked.bars_a_year)
    days = panel.ts // 86_400_000_000_000
    judge = np.array([asked.judge.get(int(day), math.nan) for day in days])
    market = _Market(panel.ts, known, ahead, judge)
    judged = tuple(_judge(name, one, market, asked) for name, one in said.items())
    first, last = format_time(int(panel.ts[rows[0]])), format_time(int(panel.ts[rows[-1]]))
    return Study(panel.symbols[0], first, last, len(rows), judged)


class _Market(NamedTuple):
    """What every detector is judged against: times, slices known to all, volatility after each, the judge's series."""

    ts: Ints
    known: Bools
    ahead: Floats
    judge: Floats


def volatility_ahead(close: Floats, bars: int, bars_a_year: float) -> Floats:
    """Deviation of the ``bars`` log returns after each close, a year; NaN at the end. For judging only."""
    change = np.log(close[1:] / close[:-1])
    found = np.full(len(close), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(change, bars) if len(change) >= bars else np.zeros((0, bars))
    found[: len(windows)] = windows.std(axis=1) * math.sqrt(bars_a_year)
    return found


def _judge(name: str, said: Labels, market: _Market, terms: Terms) -> Judged:
    known, years = market.known, int(market.known.sum()) / terms.bars_a_year
    labelled = said.regime[known]
    present = [label for label in LABELS if bool((labelled == label).any())]

    def by_label(values: Floats) -> dict[str, float]:
        means = {}
        for label in present:
            chosen = values[known & (said.regime == label)]
            chosen = chosen[~np.isnan(chosen)]
            means[label.name.lower()] = float(chosen.mean()) if len(chosen) else math.nan
        return means

    alarm = known & (said.regime == ALARM)
    wild = known & (market.judge >= terms.high)
    shocks = [_delay(alarm, known, market.ts, shock) for shock in terms.shocks]
    calms = [known & (market.ts >= start) & (market.ts < stop) for start, stop in terms.calms]
    likely = said.log_likelihood[known]
    likely = likely[~np.isnan(likely)]
    return Judged(
        name=name,
        share={label.name.lower(): float((labelled == label).mean()) for label in present},
        volatility=by_label(market.ahead),
        judged=by_label(market.judge) if terms.judge else {},
        separation=separation(said.regime[known], market.ahead[known]),
        log_likelihood=float(likely.mean()) if len(likely) else math.nan,
        delays=tuple(delay for delay, _ in shocks),
        alarm_since=tuple(since for _, since in shocks),
        false_alarms=tuple((int((alarm & calm).sum()), int(calm.sum())) for calm in calms),
        caught=float(alarm[wild].mean()) if bool(wild.any()) else math.nan,
        changes=float((np.diff(labelled) != 0).sum()) / years,
    )


def separation(regime: Ints, volatility: Floats) -> float:
    """Share of the variance of log ``volatility`` [T] that the labels [T] explain (eta squared); NaN for none."""
    known = volatility > 0.0
    values, labels = np.log(volatility[known]), regime[known]
    if not len(values) or float(values.var()) == 0.0:
        return math.nan
    inside = sum(float(((values[labels == k] - values[labels == k].mean()) ** 2).sum()) for k in np.unique(labels))
    return 1.0 - inside / float(((values - values.mean()) ** 2).sum())


def _delay(alarm: Bools, known: Bools, ts: Ints, shock: int) -> tuple[int | None, str]:
    """Slices from the first close at or after ``shock`` to the alarm, and since when it was on if it was on there."""
    first = int(np.searchsorted(ts, shock, side="left"))
    if first == len(ts) or not known[first]:
        return None, ""
    later = np.flatnonzero(alarm[first:])
    if not len(later):
        return None, ""
    since = first
    while later[0] == 0 and since > 0 and alarm[since - 1]:
        since -= 1
    return int(later[0]), format_time(int(ts[since])) if since < first else ""


def as_document(found: Study) -> dict[str, Any]:
    """The study as plain values for JSON; NaN is null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        if isinstance(value, (tuple, list)):
            return [plain(one) for one in value]
        return None if isinstance(value, float) and value != value else value

    document: dict[str, Any] = plain(asdict(found))
    return {**document, "verdict": list(found.verdict())}
