"""The quality gate's rules and its report: what is looked for, what is done about it, and what was found.

Nothing is silent: every flagged row is counted and listed, with what was done to it. Defaults are pessimistic
about the data and never flattering to a strategy: a crash is an outlier that stays, a broken row goes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from consilience.core.codes import QualityFlag, QualityPolicy
from consilience.core.errors import ConfigError, NotFound
from consilience.core.panel import Bools, Ints
from consilience.core.refits import Refit, refit_lines
from consilience.core.time import DAY, format_time
from consilience.market.signal_quality import FeedQuality

Flags = npt.NDArray[np.uint16]

OUTSIDE_SESSION = QualityFlag.OUTSIDE_SESSION
FLAG_NAMES: dict[QualityFlag, str] = {
    flag: str(flag.name).lower() for flag in QualityFlag if flag != QualityFlag.REPAIRED
}
_KEEP, _REPAIR, _DROP, _STOP = QualityPolicy.KEEP, QualityPolicy.REPAIR, QualityPolicy.DROP, QualityPolicy.STOP_SYMBOL
# What can be done about each flag: a NaN cannot be kept as a tick, a gap cannot be dropped.
_ALLOWED: dict[str, tuple[QualityPolicy, ...]] = {
    "gap": (_KEEP, _STOP),
    "duplicate": (_REPAIR, _DROP, _STOP),
    "late": (_KEEP, _DROP, _STOP),
    "out_of_order": (_REPAIR, _DROP, _STOP),
    "off_grid": (_REPAIR, _DROP, _STOP),
    "not_positive": (_KEEP, _DROP, _STOP),
    "high_below_low": (_KEEP, _REPAIR, _DROP, _STOP),
    "crossed": (_KEEP, _DROP, _STOP),
    "outlier": (_KEEP, _DROP, _STOP),
    "stale": (_KEEP, _DROP, _STOP),
    "not_a_number": (_DROP, _STOP),
    "outside_session": (_KEEP, _DROP, _STOP),
}


@dataclass(frozen=True)
class QualityPolicies:
    """What to do about each flag, and the numbers of the rules.

    duplicate: DROP keeps the row that came first, REPAIR the one that came last. out_of_order: REPAIR sorts.
    off_grid: REPAIR rounds to the nearest tick, half to even. high_below_low: REPAIR widens high and low to hold all
    four prices. outside_session: bars that do not close inside a session's hours (extended hours).
    A row is an outlier when |log return| > max(outlier_floor, outlier_multiple x 1.4826 x median |log return| of the
    last outlier_window rows), seen from the past only, once outlier_minimum rows are known.
    stale_bars: so many repeats of the same prices and volume in a row flag a stale feed. late_ns: a row known later
    than this after its close is late.
    """

    gap: QualityPolicy = _KEEP
    duplicate: QualityPolicy = _DROP
    late: QualityPolicy = _KEEP
    out_of_order: QualityPolicy = _REPAIR
    off_grid: QualityPolicy = _REPAIR
    not_positive: QualityPolicy = _DROP
    high_below_low: QualityPolicy = _REPAIR
    crossed: QualityPolicy = _DROP
    outlier: QualityPolicy = _KEEP
    stale: QualityPolicy = _KEEP
    not_a_number: QualityPolicy = _DROP
    outside_session: QualityPolicy = _DROP
    outlier_multiple: float = 15.0
    outlier_floor: float = 0.02
    outlier_window: int = 100
    outlier_minimum: int = 20
    stale_bars: int = 10
    late_ns: int = DAY

    def __post_init__(self) -> None:
        for name, allowed in _ALLOWED.items():
            if getattr(self, name) not in allowed:
                choices = ", ".join(p.name.lower() for p in allowed)
                raise ConfigError(f"quality policy {name} cannot be {getattr(self, name).name.lower()}; use {choices}")
        if not 2 <= self.outlier_minimum <= self.outlier_window:
            raise ConfigError("the quality gate needs 2 <= outlier_minimum <= outlier_window")
        if self.outlier_multiple <= 0 or self.outlier_floor < 0 or self.stale_bars < 1 or self.late_ns < 0:
            raise ConfigError("the quality gate's numbers must be positive")

    @classmethod
    def from_names(cls, policies: Mapping[str, str]) -> QualityPolicies:
        """Policies from text, like ``{"outlier": "drop"}``. Raises NotFound with the nearest name."""
        values: dict[str, QualityPolicy] = {}
        by_name = {p.name.lower(): p for p in QualityPolicy}
        for flag, policy in policies.items():
            if flag not in _ALLOWED:
                raise NotFound.named("quality flag", flag, _ALLOWED)
            if policy not in by_name:
                raise NotFound.named("quality policy", policy, by_name)
            values[flag] = by_name[policy]
        return cls(**values)

    def of(self, flag: QualityFlag) -> QualityPolicy:
        """The policy of one flag."""
        policy: QualityPolicy = getattr(self, FLAG_NAMES[flag])
        return policy


@dataclass(frozen=True)
class SymbolQuality:
    """What the gate found and did in one symbol's data.

    rows: rows looked at; kept, dropped, repaired: what became of them (kept includes repaired).
    counts: flagged rows per flag. missing: bars that the calendar has room for but the data lacks, between
    the first and the last row. off_order_tick: kept rows with a price that an order could not have (not a fault).
    stopped_ns: close of the row whose policy stopped the symbol, or 0.
    affected_row, affected_ts, affected_flags, affected_policy: [A] source row, its close, its flags, harshest policy.
    """

    symbol: str
    rows: int
    kept: int
    dropped: int
    repaired: int
    counts: Mapping[str, int]
    missing: int
    off_order_tick: int
    stopped_ns: int
    affected_row: Ints
    affected_ts: Ints
    affected_flags: Flags
    affected_policy: npt.NDArray[np.int8]

    def line(self) -> str:
        """One line for a person."""
        found = ", ".join(f"{name} {count}" for name, count in self.counts.items() if count) or "no flags"
        parts = [f"{self.symbol}: {self.rows} rows, {self.kept} kept", found]
        if self.missing:
            parts.append(f"missing bars {self.missing}")
        if self.off_order_tick:
            parts.append(f"off the order tick {self.off_order_tick}")
        if self.stopped_ns:
            parts.append(f"stopped at {format_time(self.stopped_ns)}")
        return "; ".join(parts)


@dataclass(frozen=True)
class QualityReport:
    """The gate's findings over a whole panel. ``notes``: what readers inferred and which actions were derived.

    feeds: what was found in the external signals. refits: fits of the models whose parameters are among those.
    """

    symbols: tuple[SymbolQuality, ...]
    policies: QualityPolicies
    notes: tuple[str, ...] = field(default=())
    feeds: tuple[FeedQuality, ...] = ()
    refits: tuple[Refit, ...] = ()

    def count(self, flag: QualityFlag | str) -> int:
        """Rows with ``flag`` over all symbols."""
        name = flag if isinstance(flag, str) else FLAG_NAMES[flag]
        return sum(s.counts.get(name, 0) for s in self.symbols)

    @property
    def clean(self) -> bool:
        """Whether nothing was flagged at all."""
        return not any(any(s.counts.values()) for s in self.symbols) and not any(f.refused for f in self.feeds)

    def lines(self) -> list[str]:
        """The report for a person: one line a symbol, one a feed, one a model, then the notes."""
        found = [*(s.line() for s in self.symbols), *(f.line() for f in self.feeds), *refit_lines(self.refits)]
        return [*found, *self.notes]


def count_flags(flags: Flags) -> dict[str, int]:
    """Rows per flag name in ``flags`` [N]; REPAIRED is not a finding and is left out."""
    return {name: int(np.count_nonzero(flags & int(flag))) for flag, name in FLAG_NAMES.items()}


def acted(flags: Flags, policies: QualityPolicies, policy: QualityPolicy) -> Bools:
    """Whether each row [N] carries a flag whose policy is ``policy``."""
    bits = 0
    for flag in FLAG_NAMES:
        if policies.of(flag) == policy:
            bits |= int(flag)
    result: Bools = (flags & bits) != 0
    return result


def harshest_policies(flags: Flags, policies: QualityPolicies) -> npt.NDArray[np.int8]:
    """The harshest policy that any flag of each row [N] asks for."""
    result = np.zeros(len(flags), np.int8)
    for policy in QualityPolicy:  # ascending harshness
        result[acted(flags, policies, policy)] = int(policy)
    return result
