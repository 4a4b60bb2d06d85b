"""What a report tells of a fused strategy's sources, signals and market; see ``report.data``."""

from __future__ import annotations

from consilience.research.report.record import Record


class SourceQuality(Record, frozen=True, kw_only=True, eq=False):
    """What became of a source's signals: settled ones that did not overlap, the share that was right, the mean forward
    return in their direction after cost. NaN where none was settled."""

    source: str
    settled: int
    hit_rate: float
    mean: float


class Reliability(Record, frozen=True, kw_only=True, eq=False):
    """Fused signals of one tenth of confidence: their number (weighted by forgetting), mean confidence and share that
    was right. used: what their confidence counts as now, NaN where it stays what it is."""

    low: float
    high: float
    sample: float
    confidence: float
    hit_rate: float
    used: float


class RankRow(Record, frozen=True, kw_only=True, eq=False):
    """A symbol's place in the last slice, and what it was made of; NaN where it is not known. levels: statistical,
    correlation, volume, timeframe, 0..1. risk, condition: factors."""

    rank: int
    symbol: str
    score: float
    confidence: float
    strength: float
    levels: tuple[float, float, float, float]
    risk: float
    condition: float


class Period(Record, frozen=True, kw_only=True, eq=False):
    """The market over some slices; means of what is known, NaN for none. breadth: share of symbols with a score above
    0. volatility: percentile of its own history. correlation: of the pairs. stressed: share of symbols whose volume has
    dried up. sectors: which leads and which lags, in words."""

    start_ns: int
    end_ns: int
    breadth: float
    volatility: float
    environment: str
    correlation: float
    together: str
    stressed: float
    sectors: str


class PastSignal(Record, frozen=True, kw_only=True, eq=False):
    """A class that a symbol's fused score entered. outcome: forward return in its direction, NaN where it is not known
    and for NEUTRAL."""

    time_ns: int
    symbol: str
    signal: str
    score: float
    confidence: float
    outcome: float


class SignalQuality(Record, frozen=True, kw_only=True, eq=False):
    """All signals of one class: how often it was entered, and what became of those whose horizon has passed."""

    signal: str
    entered: int
    settled: int
    hit_rate: float
    mean: float


class Reach(Record, frozen=True, kw_only=True, eq=False):
    """How sure fusion was, over the judged slices. spoke: symbols x slices; confident: of those above the threshold of
    SET; highest: confidence, NaN where fusion was silent."""

    threshold: float
    spoke: int
    confident: int
    highest: float
