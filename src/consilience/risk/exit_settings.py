"""How positions are left, as a person writes it: the section ``[exits]``."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np

from consilience.core.errors import ConfigError
from consilience.core.panel import Records
from consilience.core.units import MILLION
from consilience.risk.limits import parts_per_million

MOST_LEVELS = 8
STOPS = ("none", "fixed", "atr")

EXITS_DTYPE = np.dtype(
    [
        ("stop", "i8"),  # place in STOPS
        ("stop_share", "f8"),
        ("stop_atr", "f8"),
        ("target_share", "f8"),
        ("target_atr", "f8"),
        ("target_r", "f8"),
        ("trail_share", "f8"),
        ("trail_atr", "f8"),
        ("trail_after_r", "f8"),
        ("break_even_r", "f8"),
        ("break_even_offset_r", "f8"),
        ("time_bars", "i8"),
        ("levels", "i8"),  # partial exits in use
        ("level_r", "f8", MOST_LEVELS),
        ("level_ppm", "i8", MOST_LEVELS),  # of the lots at entry
    ],
    align=True,
)


class ExitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``[exits]``; 0 switches each off. Shares are of the entry price.

    stop: none (the decision's own), fixed or atr; stop_share, stop_atr: its distance. R is that distance.
    target_share, target_atr, target_r: distance of the target, the last in R; the nearest that is set counts.
    trail_share, trail_atr: how far the stop follows the best price, the nearer where both are set, once the position
    has gained trail_after_r. break_even_r: gain in R after which the stop goes to entry plus break_even_offset_r.
    time_bars: bars after which the position closes. partial: (gain in R, share of the lots at entry) of each partial
    exit, gains ascending.
    """

    stop: str = "none"
    stop_share: float = 0.02
    stop_atr: float = 2.0
    target_share: float = 0.0
    target_atr: float = 0.0
    target_r: float = 0.0
    trail_share: float = 0.0
    trail_atr: float = 0.0
    trail_after_r: float = 0.0
    break_even_r: float = 0.0
    break_even_offset_r: float = 0.0
    time_bars: int = 0
    partial: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        found = self.problems()
        if found:
            raise ConfigError(f"exits: {found[0]}")

    def problems(self) -> tuple[str, ...]:
        """Why these exits can't hold together, one line each; empty when they can."""
        return (*_out_of_range(self), *_contradictions(self))


def _out_of_range(exits: ExitSettings) -> list[str]:
    found = [] if exits.stop in STOPS else [f"stop='{exits.stop}' is unknown; use {', '.join(STOPS)}"]
    checks: list[tuple[str, float, float]] = [
        ("stop_share", 0.0, 0.99),
        ("stop_atr", 0.0, 100.0),
        ("target_share", 0.0, 100.0),
        ("target_atr", 0.0, 1_000.0),
        ("target_r", 0.0, 1_000.0),
        ("trail_share", 0.0, 0.99),
        ("trail_atr", 0.0, 100.0),
        ("trail_after_r", 0.0, 1_000.0),
        ("break_even_r", 0.0, 1_000.0),
        ("break_even_offset_r", 0.0, 1_000.0),
        ("time_bars", 0, 1_000_000),
    ]
    for name, low, high in checks:
        if not low <= getattr(exits, name) <= high:
            found.append(f"{name}={getattr(exits, name):g} is outside {low:g}..{high:g}")
    if len(exits.partial) > MOST_LEVELS:
        found.append(f"{len(exits.partial)} partial exits; {MOST_LEVELS} are the most")
    for gain, share in exits.partial:
        if not (0.0 < gain <= 1_000.0 and 0.0 < share <= 1.0):
            found.append(f"partial exit ({gain:g}, {share:g}): the gain must be above 0 R and the share in 0..1")
    return found


def _contradictions(exits: ExitSettings) -> list[str]:
    found = []
    if exits.stop == "fixed" and exits.stop_share == 0.0:
        found.append("stop = 'fixed' with stop_share = 0 is no stop; give a distance, such as 0.02")
    if exits.stop == "atr" and exits.stop_atr == 0.0:
        found.append("stop = 'atr' with stop_atr = 0 is no stop; give a multiple, such as 2")
    if exits.stop == "fixed" and 0.0 < exits.target_share < exits.stop_share:
        found.append(
            f"stop_share={exits.stop_share:g} is above target_share={exits.target_share:g}: "
            "a trade would risk more than it can win; lower the stop or raise the target"
        )
    if exits.stop == "atr" and 0.0 < exits.target_atr < exits.stop_atr:
        found.append(
            f"stop_atr={exits.stop_atr:g} is above target_atr={exits.target_atr:g}: "
            "a trade would risk more than it can win; lower the stop or raise the target"
        )
    if exits.break_even_offset_r > exits.break_even_r:
        found.append("break_even_offset_r is above break_even_r: the stop would be beyond the price")
    if 0.0 < exits.target_r <= exits.break_even_r:
        found.append("break_even_r is not below target_r, so the stop would never move there; lower it")
    gains = [gain for gain, _ in exits.partial]
    if any(later <= sooner for sooner, later in pairwise(gains)):
        found.append("partial exits must come in ascending order of their gain")
    whole = 0
    for _, share in exits.partial:
        whole += parts_per_million(share)
    if whole > MILLION:
        found.append(f"partial exits come to {whole / MILLION:g} of the position; lower them to 1 or less")
    return found


def exits_record(exits: ExitSettings) -> Records:
    """EXITS_DTYPE [1] of ``exits``."""
    record = np.zeros(1, EXITS_DTYPE)
    for name in EXITS_DTYPE.names or ():
        if name not in ("stop", "levels", "level_r", "level_ppm"):
            record[name] = getattr(exits, name)
    record["stop"] = STOPS.index(exits.stop)
    record["levels"] = len(exits.partial)
    for k, (gain, share) in enumerate(exits.partial):
        record["level_r"][0, k] = gain
        record["level_ppm"][0, k] = parts_per_million(share)
    return record
