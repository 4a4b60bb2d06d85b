"""What the report tells of a fused strategy beyond its decisions: ranking, market, outcomes, and how sure it was."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from consilience.core.codes import SignalClass
from consilience.core.panel import Floats, Records
from consilience.research.benchmark import adjusted_prices
from consilience.research.fused_frames import FusedHearing
from consilience.research.report import survey_data as report
from consilience.signals.fusion.conditions import (
    BREADTH,
    CONFIDENT,
    CORRELATION,
    HIGHEST,
    SPOKE,
    STRESSED,
    VOLATILITY,
)
from consilience.signals.fusion.fields import CONFIDENCE, SCORE
from consilience.signals.fusion.metadata import correlation_regime, sector_rotation, volatility_environment
from consilience.signals.fusion.ranking import CONDITION, RISK, STATISTICAL, STRENGTH, TIMEFRAME, ranks_of
from consilience.signals.history import outcomes_of

if TYPE_CHECKING:
    from consilience.engine.hearings import Survey
    from consilience.research.result import BacktestResult

PERIODS, RANKS_SHOWN, SIGNALS_SHOWN = 12, 20, 12


def survey_notes(result: BacktestResult, heard: FusedHearing) -> dict[str, Any]:
    """Fields of ``report.FusionNote``."""
    survey, profile = heard.survey, heard.profile
    outcomes = outcomes_of(survey.changes, _closes(result), profile.horizon)
    return {
        "horizon": profile.horizon,
        "ranks": profile.ranking.on,
        "calibrates": profile.performance.calibrate,
        "minimum_sample": profile.performance.minimum_sample,
        "per_symbol": profile.performance.per_symbol,
        "quality": tuple(
            report.SourceQuality(source=name, settled=one.settled, hit_rate=one.hit_rate, mean=one.mean)
            for name, one in survey.sources.items()
        ),
        "reliability": tuple(_reliability(heard)),
        "ranking": tuple(_ranking(survey, result.panel.symbols)),
        "conditions": tuple(_periods(survey, result)),
        "signals": tuple(_signals(survey.changes, outcomes, result)),
        "classes": tuple(_classes(survey.changes, outcomes)),
        "reach": reach_of(survey, result),
    }


def _closes(result: BacktestResult) -> Floats:
    """Forward-adjusted closes [T, S], NaN without a bar."""
    panel = result.panel
    found: Floats = np.column_stack([adjusted_prices(panel, k, "close") for k in range(len(panel.symbols))])
    return np.where(panel.valid, found, np.nan)


def _reliability(heard: FusedHearing) -> Iterator[report.Reliability]:
    performance = heard.profile.performance
    pooled = performance.calibrate and not performance.per_symbol
    for one in heard.survey.reliability:
        enough = pooled and one.sample >= performance.minimum_sample
        yield report.Reliability(
            low=one.low,
            high=one.high,
            sample=one.sample,
            confidence=one.confidence,
            hit_rate=one.hit_rate,
            used=one.hit_rate if enough else math.nan,
        )


def _ranking(survey: Survey, symbols: tuple[str, ...]) -> Iterator[report.RankRow]:
    ranks, ranked = ranks_of(survey.ranked[STRENGTH]), survey.ranked
    for s in np.argsort(ranks, kind="stable").tolist():
        if 0 < ranks[s] <= RANKS_SHOWN:
            levels = ranked[STATISTICAL : TIMEFRAME + 1, s].tolist()
            yield report.RankRow(
                rank=int(ranks[s]),
                symbol=symbols[s],
                score=float(survey.fields[SCORE, s]),
                confidence=float(survey.fields[CONFIDENCE, s]),
                strength=float(ranked[STRENGTH, s]),
                levels=(levels[0], levels[1], levels[2], levels[3]),
                risk=float(ranked[RISK, s]),
                condition=float(ranked[CONDITION, s]),
            )


def _periods(survey: Survey, result: BacktestResult) -> Iterator[report.Period]:
    """The judged slices in equal parts."""
    ts, rows = result.panel.ts, np.arange(result.first_row, len(result.panel.ts))
    for part in np.array_split(rows, min(PERIODS, len(rows))):
        first, end = int(part[0]), int(part[-1]) + 1
        told = survey.slices[:, first:end]
        volatility, correlation = _mean(told[VOLATILITY]), _mean(told[CORRELATION])
        sectors = [_mean(survey.sectors[first:end, k]) for k in range(len(survey.sector_names))]
        yield report.Period(
            start_ns=int(ts[first]),
            end_ns=int(ts[end - 1]),
            breadth=_mean(told[BREADTH]),
            volatility=volatility,
            environment=volatility_environment(volatility).name.lower(),
            correlation=correlation,
            together=correlation_regime(correlation).name.lower(),
            stressed=_mean(told[STRESSED]),
            sectors=sector_rotation(survey.sector_names, sectors),
        )


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return math.fsum(known.tolist()) / len(known) if len(known) else math.nan


def _signals(changes: Records, outcomes: Floats, result: BacktestResult) -> Iterator[report.PastSignal]:
    """The latest, newest first; what ended a signal is none."""
    chosen = np.flatnonzero(changes["signal"] != SignalClass.NEUTRAL)[::-1][:SIGNALS_SHOWN]
    for k in chosen.tolist():
        one = changes[k]
        yield report.PastSignal(
            time_ns=int(result.panel.ts[one["row"]]),
            symbol=result.panel.symbols[int(one["symbol"])],
            signal=SignalClass(int(one["signal"])).name,
            score=float(one["score"]),
            confidence=float(one["confidence"]),
            outcome=float(outcomes[k]),
        )


def _classes(changes: Records, outcomes: Floats) -> Iterator[report.SignalQuality]:
    for signal in sorted(SignalClass, reverse=True):
        if signal == SignalClass.NEUTRAL:
            continue
        mine = outcomes[changes["signal"] == signal]
        known = mine[np.isfinite(mine)]
        yield report.SignalQuality(
            signal=signal.name,
            entered=len(mine),
            settled=len(known),
            hit_rate=float(np.count_nonzero(known > 0.0) / len(known)) if len(known) else math.nan,
            mean=_mean(known),
        )


def reach_of(survey: Survey, result: BacktestResult) -> report.Reach:
    """Over the slices from the first that could decide."""
    judged = survey.slices[:, result.first_row :]
    highest = judged[HIGHEST][np.isfinite(judged[HIGHEST])]
    return report.Reach(
        threshold=result.settings.orchestrator.threshold,
        spoke=int(judged[SPOKE].sum()),
        confident=int(judged[CONFIDENT].sum()),
        highest=float(highest.max()) if len(highest) else math.nan,
    )
