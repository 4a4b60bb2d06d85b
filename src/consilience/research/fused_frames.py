"""What fusion said at each recorded decision of a run's fused strategies: columns and a frame of contributions.

The engine keeps what the sources said and what fusion made of it (``Hearing``); nothing is worked out a second time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from consilience.core.codes import MarketRegime, Reason, TickerState
from consilience.core.panel import Ints, Records
from consilience.engine.fused import Fused
from consilience.engine.hearings import Hearing, Survey
from consilience.signals.fusion.fields import (
    AGREEMENT,
    ALIGNED,
    CONFIDENCE,
    CONVICTION,
    COVERAGE,
    MULTIPLIER,
    SCORE,
    STATUS,
)
from consilience.signals.fusion.metadata import SignalMetadata, metadata_of
from consilience.signals.fusion.profile import FusionProfile

if TYPE_CHECKING:
    from consilience.research.result import BacktestResult

# where each step of the orchestrator leads; no other reason changes the state
STEPS = {
    Reason.SET_REACHED: TickerState.SET,
    Reason.GO_REACHED: TickerState.GO,
    Reason.COOLED_DOWN: TickerState.READY,
    Reason.SIGNAL_FADED: TickerState.READY,
    Reason.SET_TIMED_OUT: TickerState.READY,
    Reason.GO_TIMED_OUT: TickerState.COOLDOWN,
    Reason.TRADE_EXECUTED: TickerState.COOLDOWN,
}
_TOLD = {"coverage": COVERAGE, "agreement": AGREEMENT, "conviction": CONVICTION, "multiplier": MULTIPLIER}
_OWN = {"rank": "ranks", "strength": "strengths", "stated": "stated", "outcomes": "behind"}
_MARKET_WORDS = ("volatility_environment", "correlation_regime", "sector_rotation")
CONTRIBUTIONS: dict[str, pl.DataType] = {
    "time": pl.Datetime("ns", "UTC"),
    "strategy": pl.String(),
    "symbol": pl.String(),
    "decision": pl.Int64(),
    "source": pl.String(),
    "value": pl.Float64(),
    "confidence": pl.Float64(),
    "weight": pl.Float64(),
    "contribution": pl.Float64(),
}


@dataclass(frozen=True)
class FusedHearing:
    """A hearing with the profile that it was heard by, and what its run saw."""

    hearing: Hearing
    survey: Survey
    profile: FusionProfile


def fused_hearings(result: BacktestResult) -> Iterator[FusedHearing]:
    """One for each fused strategy, in their order."""
    for hearing, survey in zip(result.output.hearings, result.output.surveys, strict=True):
        strategy = result.strategies[hearing.strategy]
        if isinstance(strategy, Fused):
            yield FusedHearing(hearing, survey, strategy.fusion)


def states_after(records: Records) -> Ints:
    """int64 [n]: the TickerState of each record's lane after that record. Every step is recorded, so they tell it."""
    state = np.full(len(records), -1, np.int64)
    for reason, after in STEPS.items():
        state[records["reason"] == int(reason)] = int(after)
    order = np.argsort(records["lane"], kind="stable")
    lanes, found = records["lane"][order], state[order]
    first = np.concatenate(([True], lanes[1:] != lanes[:-1])) if len(lanes) else np.zeros(0, np.bool_)
    found[first & (found < 0)] = int(TickerState.READY)
    known = np.maximum.accumulate(np.where(found >= 0, np.arange(len(found)), 0)) if len(found) else found
    result = np.empty_like(state)
    result[order] = found[known]
    return result


def with_fusion(frame: pl.DataFrame, result: BacktestResult) -> pl.DataFrame:
    """The decisions frame of a run with fused strategies; a frame of one without them comes back as it is.

    value, contribution, score and confidence of fused decisions are fusion's, NaN where it was silent. New columns,
    null for other strategies: state (of the orchestrator, after the decision), regime, aligned (sources), coverage,
    agreement, conviction, multiplier; rank among the symbols of the slice (0 for none) and the strength that gave it;
    stated, the confidence before calibration, and outcomes, those that the calibration stands on (0 for none);
    market_breadth, volatility_environment, correlation_regime and sector_rotation of the slice.
    """
    if not result.output.hearings:
        return frame
    count = len(frame)
    own = {name: frame[name].to_numpy().copy() for name in ("value", "confidence", "contribution", "score")}
    numbers = {name: np.full(count, np.nan) for name in (*_TOLD, "aligned", *_OWN)}
    regime, is_fused = np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    for heard in fused_hearings(result):
        rows, fields = heard.hearing.rows, heard.hearing.fields
        is_fused[rows] = True
        for name in ("value", "contribution", "score"):
            own[name][rows] = fields[SCORE]
        own["confidence"][rows] = fields[CONFIDENCE]
        for name, field in (*_TOLD.items(), ("aligned", ALIGNED)):
            numbers[name][rows] = fields[field]
        for name, field_name in _OWN.items():
            numbers[name][rows] = getattr(heard.hearing, field_name)
        if heard.profile.regime:
            regime[rows] = heard.hearing.regime
    market = _market(result)
    states = np.where(is_fused, states_after(result.output.records), -1)
    added = [
        _words("state", states, [state.name.lower() for state in TickerState]),
        _words("regime", regime, [code.name.lower() for code in MarketRegime]),
        *(pl.Series(name, numbers.pop(name)).fill_nan(None).cast(pl.Int64) for name in ("aligned", "rank")),
        *(pl.Series(name, column).set(pl.Series(~is_fused), None) for name, column in numbers.items()),
        *market,
    ]
    return frame.with_columns(*(pl.Series(name, column) for name, column in own.items()), *added)


def _market(result: BacktestResult) -> list[pl.Series]:
    """What stood beside each decision of a fused strategy, null for others."""
    rows = result.output.records["row"]
    told: list[SignalMetadata | None] = [None] * len(rows)
    for heard in fused_hearings(result):
        survey, mine = heard.survey, heard.hearing.rows
        slices, place = np.unique(rows[mine], return_inverse=True)
        known = [metadata_of(survey.slices, survey.sectors, survey.sector_names, row) for row in slices.tolist()]
        for k, at in zip(mine.tolist(), place.tolist(), strict=True):
            told[k] = known[at]
    kinds = {"market_breadth": pl.Float64(), **dict.fromkeys(_MARKET_WORDS, pl.String())}
    return [
        pl.Series(name, [None if one is None else getattr(one, name) for one in told], dtype=kind)
        for name, kind in kinds.items()
    ]


def _words(name: str, codes: Ints, words: list[str]) -> pl.Series:
    return pl.Series(name, [None if code < 0 else words[code] for code in codes.tolist()], dtype=pl.String)


def contributions_frame(result: BacktestResult) -> pl.DataFrame:
    """One row for each decision and source of fused strategies, sources in the order of summation.

    decision: number of the row in the decisions frame. value, confidence: NaN where the source abstained. weight: of
    the regime that held. contribution: those of one decision sum, from first to last, to its score; NaN where fusion
    was silent.
    """
    symbols, records, parts = pl.Series(result.panel.symbols), result.output.records, []
    for heard in fused_hearings(result):
        hearing = heard.hearing
        names, chosen = hearing.names, records[hearing.rows]
        each = {
            "time": np.repeat(chosen["ts"], len(names)),
            "strategy": pl.repeat(result.labels[hearing.strategy], len(chosen) * len(names), eager=True),
            "symbol": symbols.gather(np.repeat(chosen["lane"] % len(symbols), len(names))),
            "decision": np.repeat(hearing.rows, len(names)),
            "source": pl.Series(names).gather(np.tile(np.arange(len(names)), len(chosen))),
            "value": hearing.values.ravel(),
            "confidence": hearing.confidences.ravel(),
            "weight": hearing.weights.ravel(),
            "contribution": hearing.contributions.ravel(),
        }
        parts.append(pl.DataFrame(each).with_columns(pl.col("time").cast(CONTRIBUTIONS["time"])))
    if not parts:
        return no_contributions()
    return pl.concat(parts).sort("decision", maintain_order=True)


def no_contributions() -> pl.DataFrame:
    """What a run without fused strategies has of them."""
    return pl.DataFrame(schema=CONTRIBUTIONS)


def spoke(heard: FusedHearing) -> Ints:
    """Numbers of the decisions at which fusion was not silent."""
    return np.flatnonzero(heard.hearing.fields[STATUS] == 0.0)
