"""``screen``: who is in the universe at one moment, with scores and ranks, and why each other one is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from consilience.core.codes import Reason, Regime
from consilience.core.errors import DataError
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time
from consilience.research.inputs import Data, run_data
from consilience.universe.catalog import FILTERS
from consilience.universe.profile import Profile
from consilience.universe.scores import PARTS
from consilience.universe.screener import Screen, Screener

_BLOCK_ELEMENTS = 1 << 18
_BY_REASON = {int(r): one for one in FILTERS.values() for r in (one.reason, one.unknown)}


@dataclass(frozen=True)
class Screened:
    """One symbol in a listing. reason: '' for a member. rank: among the candidates by decayed score, 0 for none.

    scores: 0 to 100 by name, and ``score`` their weighted mean; measures: by ``universe.measures.MEASURES``; NaN where
    unknown. detail: the number that excluded it and what was wanted.
    """

    symbol: str
    member: bool
    rank: int
    score: float
    scores: dict[str, float]
    measures: dict[str, float]
    reason: str
    detail: str


@dataclass(frozen=True)
class Listing:
    """A screen at the slice that closed at ``ts``: members by rank, then the others in the data's order."""

    profile: Profile
    ts: int
    regime: str
    symbols: tuple[Screened, ...]

    @property
    def members(self) -> tuple[Screened, ...]:
        """Who may be entered."""
        return tuple(one for one in self.symbols if one.member)

    @property
    def excluded(self) -> tuple[Screened, ...]:
        """Who may not."""
        return tuple(one for one in self.symbols if not one.member)

    def summary(self) -> str:
        """One line: how many of how many, and what stopped most of the rest."""
        counts: dict[str, int] = {}
        for one in self.excluded:
            counts[one.reason] = counts.get(one.reason, 0) + 1
        most = sorted(counts.items(), key=lambda item: -item[1])
        why = "; ".join(f"{count} {reason}" for reason, count in most)
        line = f"{len(self.members)} of {len(self.symbols)} symbols are in universe '{self.profile.name}'"
        return f"{line} ({why})" if why else line


def screen(data: Data, profile: Profile, at_ns: int | None = None) -> Listing:
    """Screen ``data`` as it was at the last slice that closed by ``at_ns`` (None: its end), nothing traded before.

    Later bars are not read. Raises DataError for a time before the first slice.
    """
    parts = run_data(data)
    panel = parts.panel
    rows = panel.shape[0] if at_ns is None else int(np.searchsorted(panel.ts, at_ns, side="right"))
    if rows == 0:
        first = format_time(int(panel.ts[0]))
        raise DataError(f"{format_time(at_ns or 0)} is before the first bar, {first}; choose a later time")
    screener = Screener(profile, panel, scores=True, details=True)
    block = max(1, min(4096, _BLOCK_ELEMENTS // panel.shape[1]))
    for start in range(0, rows, block):
        found = screener.push(panel, start, min(start + block, rows), parts.session_open)
    last = len(found.ts) - 1
    screener.select(found, slice(last, last + 1))
    listed = [_screened(profile, found, last, s, panel.symbols) for s in range(len(panel.symbols))]
    listed.sort(key=lambda one: (not one.member, one.rank if one.member else 0))
    return Listing(profile, int(found.ts[last]), Regime(int(found.regimes[last])).name, tuple(listed))


def _screened(profile: Profile, found: Screen, row: int, s: int, symbols: tuple[str, ...]) -> Screened:
    code = int(found.codes[row, s])
    return Screened(
        symbol=symbols[s],
        member=code == 0,
        rank=int(found.rank[row, s]),
        score=float(found.decayed[row, s]),
        scores={name: float(found.parts[k, row, s]) for k, name in enumerate(PARTS)},
        measures={name: float(values[row, s]) for name, values in sorted(found.measures.items())},
        reason=REASON_TEXT[Reason(code)],
        detail=_detail(profile, found, row, s, symbols),
    )


def _detail(profile: Profile, found: Screen, row: int, s: int, symbols: tuple[str, ...]) -> str:
    code = int(found.codes[row, s])
    one = _BY_REASON.get(code)
    if one is not None:
        wanted = one.wanted(one.parameters(profile.filters[one.name]))
        value = float(found.measures[one.measure][row, s])
        return f"wanted {wanted}" if value != value else f"{one.text(value)}, wanted {wanted}"
    if code == Reason.OUTRANKED:
        return f"rank {int(found.rank[row, s])}, the best {profile.top} are taken"
    if code in (Reason.TOO_CORRELATED, Reason.CORRELATION_UNKNOWN):
        rival, value = symbols[int(found.rival[row, s])], float(found.correlation[row, s])
        return (
            f"with {rival}"
            if value != value
            else f"{value:.2f} with {rival}, wanted less than {profile.max_correlation:g}"
        )
    if code == Reason.SCORE_UNKNOWN:
        missing = [name for k, name in enumerate(PARTS) if found.parts[k, row, s] != found.parts[k, row, s]]
        return f"unknown: {', '.join(missing)}"
    return ""


def as_document(listing: Listing) -> dict[str, Any]:
    """The listing as plain values for JSON; NaN is null."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        return None if isinstance(value, float) and value != value else value

    rows = [{name: plain(getattr(one, name)) for name in Screened.__dataclass_fields__} for one in listing.symbols]
    profile = {name: getattr(listing.profile, name) for name in listing.profile.__struct_fields__}
    return {
        "at": format_time(listing.ts),
        "ts_ns": listing.ts,
        "regime": listing.regime,
        "universe": profile,
        "members": [one.symbol for one in listing.members],
        "symbols": rows,
    }
