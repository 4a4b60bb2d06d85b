"""What fusion said at each recorded decision of a run's fused strategies: columns and a frame of contributions.

The engine keeps what the sources said (``Hearing``); everything else that fusion made of it is made here again by
the same kernel, so a record stays small and nothing is told from memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from consilience.core.codes import MarketRegime, Reason, TickerState
from consilience.core.panel import Floats, Ints, Records
from consilience.engine.fused import Fused
from consilience.engine.hearings import Hearing
from consilience.signals.fusion.fields import (
    AGREEMENT,
    ALIGNED,
    CONFIDENCE,
    CONVICTION,
    COVERAGE,
    FIELDS,
    MULTIPLIER,
    SCORE,
    STATUS,
)
from consilience.signals.fusion.fuse import fuse_block_nb
from consilience.signals.fusion.profile import FusionProfile, rules_of, weights_of

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
    """A hearing with what fusion made of it. fields: float64 [FIELDS, n] of ``signals.fusion.fields``."""

    hearing: Hearing
    profile: FusionProfile
    fields: Floats


def fused_hearings(result: BacktestResult) -> Iterator[FusedHearing]:
    """One for each fused strategy, in their order."""
    for hearing in result.output.hearings:
        strategy = result.strategies[hearing.strategy]
        if isinstance(strategy, Fused):
            yield FusedHearing(hearing, strategy.fusion, fields_of(hearing, strategy.fusion))


def fields_of(hearing: Hearing, profile: FusionProfile) -> Floats:
    """float64 [FIELDS, n] of the n decisions, by the kernel that the run used."""
    count, sources = hearing.values.shape
    voices = np.empty((2, sources, count, 1))
    voices[0, :, :, 0], voices[1, :, :, 0] = hearing.values.T, hearing.confidences.T
    regime = np.zeros((count if profile.regime else 0, 1))
    if profile.regime:
        regime[:, 0] = hearing.regime
    out = np.empty((FIELDS, count, 1))
    fuse_block_nb(voices, weights_of(profile, hearing.names), regime, rules_of(profile, hearing.names), out)
    return out[:, :, 0]


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
    agreement, conviction, multiplier.
    """
    if not result.output.hearings:
        return frame
    count = len(frame)
    own = {name: frame[name].to_numpy().copy() for name in ("value", "confidence", "contribution", "score")}
    numbers = {name: np.full(count, np.nan) for name in (*_TOLD, "aligned")}
    regime, is_fused = np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    for heard in fused_hearings(result):
        rows, fields = heard.hearing.rows, heard.fields
        is_fused[rows] = True
        for name in ("value", "contribution", "score"):
            own[name][rows] = fields[SCORE]
        own["confidence"][rows] = fields[CONFIDENCE]
        for name, field in (*_TOLD.items(), ("aligned", ALIGNED)):
            numbers[name][rows] = fields[field]
        if heard.profile.regime:
            regime[rows] = heard.hearing.regime
    states = np.where(is_fused, states_after(result.output.records), -1)
    added = [
        _words("state", states, [state.name.lower() for state in TickerState]),
        _words("regime", regime, [code.name.lower() for code in MarketRegime]),
        pl.Series("aligned", numbers.pop("aligned")).fill_nan(None).cast(pl.Int64),
        *(pl.Series(name, column).set(pl.Series(~is_fused), None) for name, column in numbers.items()),
    ]
    return frame.with_columns(*(pl.Series(name, column) for name, column in own.items()), *added)


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
    return np.flatnonzero(heard.fields[STATUS] == 0.0)
