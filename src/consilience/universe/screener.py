"""The screener: filters, scores and selection over slices, the same for a block of history and for one live slice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from consilience.core.codes import Reason, Regime
from consilience.core.errors import ReportBug
from consilience.core.panel import Floats, Ints, Panel
from consilience.core.schemas import ACTION_DELISTING
from consilience.core.time import MINUTE
from consilience.universe.catalog import FILTERS, require_filters
from consilience.universe.filters._base import Codes
from consilience.universe.measures import Measures
from consilience.universe.profile import Profile
from consilience.universe.scores import PARTS, WEIGHTS, ScoreInputs, score_nb
from consilience.universe.selection import NEVER, SelectionTerms, select_block_nb

NOT_VALID, DELISTED, SCORE_UNKNOWN = int(Reason.NOT_VALID), int(Reason.DELISTED), int(Reason.SCORE_UNKNOWN)
SIDES = {"both": 0, "long": 1, "short": -1}
_ROOM = 64  # slices that live steps add before the window of returns is moved
DETAILS = ("support", "resistance", "range_days", "breakout")


@dataclass(frozen=True)
class Screen:
    """What the screener says of B slices.

    codes: int16 [B, S], the Reason that excludes a symbol, 0 for a member; only what filters say until ``select`` has
    run over the slice. regimes: int64 [B], Regime. parts: float64 [4, B, S], scores by ``scores.PARTS``. score: [B, S]
    before the decay, NaN for what the filters exclude. decayed: [B, S], rank: int64 [B, S], from 1, 0 for no candidate.
    correlation, rival: with which better one a candidate moves too much alike, NaN and -1 elsewhere.
    measures: float64 [B, S] by name, those that the profile needs.
    """

    ts: Ints
    codes: Codes
    regimes: Ints
    parts: Floats
    score: Floats
    decayed: Floats
    rank: Ints
    correlation: Floats
    rival: Ints
    returns: Floats
    measures: dict[str, Floats] = field(default_factory=dict)

    @property
    def member(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """bool [B, S]."""
        result: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = self.codes == 0
        return result


class Screener:
    """One profile over slices that follow each other, state carried: 24 hours of turnover, 30 days of volatility, a
    window of returns, what is listed, delisted and known of each symbol.

    panel: tells instruments, currencies and bar length; its bars are not read. scores: work the scores out even where
    nothing is selected by them; details: measure what a listing shows besides.
    Raises NotFound and ConfigError for a filter that is not known or badly given.
    """

    def __init__(self, profile: Profile, panel: Panel, *, scores: bool = False, details: bool = False) -> None:
        require_filters(profile)
        self.profile = profile
        self._filters = [(FILTERS[name], FILTERS[name].parameters(given)) for name, given in profile.filters.items()]
        self._scored = scores or profile.top > 0
        self._symbols = len(panel.instruments)
        wanted = {one.measure for one, _ in self._filters}
        if self._scored:
            wanted.update(ScoreInputs._fields)
        if profile.max_correlation < 1.0:
            wanted.add("returns")
        if details:
            wanted.update((*DETAILS, "turnover", "price"))
        self._measures = Measures(panel.instruments, panel.currencies, panel.duration_ns, wanted)
        self._window = profile.correlation_bars if profile.max_correlation < 1.0 else 1
        self._returns = np.full((self._window - 1, self._symbols), np.nan)
        self._used = self._window - 1
        self._delisted = np.zeros(self._symbols, np.bool_)
        passes = profile.missing == "pass"
        self._terms = SelectionTerms(profile.top, profile.max_correlation, int(profile.decay_minutes * MINUTE), passes)
        fixed = -1 if profile.regime == "auto" else int(Regime[profile.regime.upper()])
        self._switches = (SIDES[profile.side], fixed, passes)
        self._never = np.full(self._symbols, NEVER, np.int64)

    def push(self, panel: Panel, start: int, stop: int, session_open: Ints | None = None) -> Screen:
        """Filters and scores of slices ``start`` to ``stop`` of ``panel``, which follow those of the last push."""
        measures = self._measures.push(panel, start, stop, session_open)
        shape = (stop - start, self._symbols)
        codes = self._first_codes(panel, start, stop)
        for one, parameters in self._filters:
            one.exclude(codes, measures[one.measure], parameters, self.profile.missing == "pass")
        parts, score = np.full((len(PARTS), *shape), np.nan), np.full(shape, np.nan)
        regimes = np.zeros(stop - start, np.int64)
        if self._scored:
            inputs = ScoreInputs(*(measures[name] for name in ScoreInputs._fields))
            measures["atr_rank"] = np.full(shape, np.nan)
            found = (parts, score, measures["atr_rank"], regimes)
            score_nb(inputs, codes, WEIGHTS, self._switches, found)
        returns = np.zeros((stop - start, self._symbols))
        if self._window > 1:
            returns = self._with_past(measures.pop("returns"))
        return Screen(
            ts=panel.ts[start:stop],
            codes=codes,
            regimes=regimes,
            parts=parts,
            score=score,
            decayed=np.full(shape, np.nan),
            rank=np.zeros(shape, np.int64),
            correlation=np.full(shape, np.nan),
            rival=np.full(shape, -1, np.int64),
            returns=returns,
            measures=measures,
        )

    def state(self) -> dict[str, npt.NDArray[np.generic]]:
        """Everything that later screens depend on, as arrays of its own; trades are not part of it."""
        past = self._returns[self._used - (self._window - 1) : self._used]
        return self._measures.state() | {"returns": past.copy(), "delisted": self._delisted.copy()}

    def restore(self, state: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Go on from ``state``. Raises ReportBug when it belongs to another profile or other symbols."""
        self._measures.restore(state)
        if state["returns"].shape != (self._window - 1, self._symbols):
            raise ReportBug("this snapshot belongs to another universe: returns is of another size")
        self._returns, self._used = np.array(state["returns"], np.float64), self._window - 1
        self._delisted = np.array(state["delisted"], np.bool_)

    def _with_past(self, returns: Floats) -> Floats:
        """A window of rows, less one, before ``returns``, and these; what was given out is never written again."""
        past, rows = self._window - 1, len(returns)
        if self._used + rows > len(self._returns):
            fresh = np.empty((past + max(rows, _ROOM), self._symbols))
            fresh[:past] = self._returns[self._used - past : self._used]
            self._returns, self._used = fresh, past
        first = self._used - past
        self._returns[self._used : self._used + rows] = returns
        self._used += rows
        return self._returns[first : self._used]

    def _first_codes(self, panel: Panel, start: int, stop: int) -> Codes:
        """[B, S]: no bar, or delisted by a corporate action up to the slice."""
        codes = np.where(panel.valid[start:stop], 0, NOT_VALID).astype(np.int16)
        codes[:, self._delisted] = DELISTED
        ended = panel.actions[panel.actions["kind"] == ACTION_DELISTING]
        for action in ended[(ended["row"] >= start) & (ended["row"] < stop)]:
            codes[int(action["row"]) - start :, int(action["symbol"])] = DELISTED
            self._delisted[int(action["symbol"])] = True
        return codes

    def select(self, screen: Screen, rows: slice = slice(None), last_trade: Ints | None = None) -> None:
        """Choose among the candidates of slices ``rows`` of ``screen`` and complete it in place; once for each slice.

        last_trade: UTC ns [S] as known in these slices, ``selection.NEVER`` before the first; None for no trades.
        """
        if not self._scored:
            return
        first, last, _ = rows.indices(len(screen.ts))
        found = (screen.decayed[rows], screen.rank[rows], screen.correlation[rows], screen.rival[rows])
        returns = screen.returns[first : last + self._window - 1]
        traded = self._never if last_trade is None else last_trade
        select_block_nb(screen.score[rows], traded, screen.ts[rows], returns, self._terms, screen.codes[rows], found)


def screen_panel(
    profile: Profile, panel: Panel, session_open: Ints | None = None, *, block: int = 256, **more: bool
) -> list[Screen]:
    """Every slice of ``panel``, screened and selected without trades, in blocks. more: as of ``Screener``."""
    screener, result = Screener(profile, panel, **more), []
    for start in range(0, panel.shape[0], block):
        screen = screener.push(panel, start, min(start + block, panel.shape[0]), session_open)
        screener.select(screen)
        result.append(screen)
    return result
