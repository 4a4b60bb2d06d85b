"""What full decisions need beside the book: risk state and limits, sizing, exits, what sources and risk inputs say.

A run without the full rule set and without fusion has no desk, and its kernels know nothing of one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from consilience.core.panel import Floats, Ints, Panel, Records
from consilience.engine.halts import NO_HALTS
from consilience.engine.risk_inputs import expiry_day
from consilience.engine.settings import Settings, outlook_of, symbol_priorities
from consilience.engine.violation_log import NO_VIOLATIONS
from consilience.risk.exit_settings import exits_record
from consilience.risk.exposure_nb import Exposure, new_exposure
from consilience.risk.full_request import new_request
from consilience.risk.limits import limits_record
from consilience.risk.portfolio_nb import Holdings, new_holdings
from consilience.risk.sizing_settings import SizingSettings, sizing_record
from consilience.risk.state import new_state
from consilience.risk.violations import RULE_COUNT

STATE_TALLY = 16  # tallies before it count gates, from it on states
TALLIES = 24
# what stop management remembers of a lane's position; prices in ticks
HELD_DTYPE = np.dtype(
    [
        ("entry_row", "i8"),  # of the position that it speaks of
        ("first_lots", "i8"),  # 0 before any
        ("taken", "i8"),  # partial exits done
        ("risk", "f8"),  # R: distance from entry to first stop
        ("best", "f8"),  # best price since entry
    ],
    align=True,
)
NO_BLOCK = np.zeros((0, 0, 0), np.float64)


class Desk(NamedTuple):
    """One-row records unless said otherwise."""

    risk: Records  # RISK_DTYPE: the account's risk state
    limits: Records  # LIMITS_DTYPE
    request: Records  # REQUEST_DTYPE, scratch
    sizing: Records  # SIZING_DTYPE
    exits: Records  # EXITS_DTYPE
    held: Records  # HELD_DTYPE [L]
    trips: Ints  # [L] what the round trip at hand has made so far, base units after fees
    holdings: Holdings  # what is held as the risk measures see it, with its ring of returns
    breaches: Ints  # [3, RULE_COUNT] value and limit of each rule after the last marks; row of its latest episode
    tallies: Ints  # [strategies, TALLIES] at which gate each symbol of a fused strategy ended, and its state
    exposure: Exposure  # by symbol and sector, what waits included
    restricted: Ints  # [S] 1: may not be entered
    halts: Records  # HALT_DTYPE, ``account["halts"]`` of them used; room for the block at hand
    violations: Records  # VIOLATION_DTYPE, ``risk["violations"]`` of them used; room for the block at hand
    priorities: Floats  # [S] weight of a symbol with the staged orchestrator; -1 where it is not watched
    inputs: Floats  # [INPUTS, B, S] of ``engine.risk_inputs``, of the block at hand; no rows without the full rules
    fused: Floats  # [ROWS, B, L] of ``engine.fused``, of the block at hand; no rows without fusion


def _new_desk(settings: Settings, strategies: int, priorities: Floats, cash_units: int) -> Desk:
    """A desk before the first slice."""
    symbols, limits = len(priorities), settings.risk
    window = limits.var_bars if "returns" in limits.needs else 0
    return Desk(
        new_state(cash_units),
        limits_record(limits),
        new_request(),
        sizing_record(settings.sizing or SizingSettings(fraction=settings.fraction), limits.max_heat),
        exits_record(settings.exits),
        np.zeros(strategies * symbols, HELD_DTYPE),
        np.zeros(strategies * symbols, np.int64),
        new_holdings(symbols, window),
        np.zeros((3, RULE_COUNT), np.int64),
        np.zeros((strategies, TALLIES), np.int64),
        new_exposure(symbols, strategies * symbols),
        np.zeros(symbols, np.int64),
        NO_HALTS,
        NO_VIOLATIONS,
        priorities,
        NO_BLOCK,
        NO_BLOCK,
    )


def desk_of(settings: Settings, panel: Panel, strategies: int, cash_units: int) -> Desk:
    """The desk of a run over ``panel``'s instruments before its first slice."""
    desk = _new_desk(settings, strategies, symbol_priorities(settings, panel), cash_units)
    sectors = outlook_of(settings, panel.symbols).sectors
    desk.exposure.sector_of[sectors >= 0] = sectors[sectors >= 0]
    desk.exposure.expiry_day[:] = [expiry_day(instrument) for instrument in panel.instruments]
    desk.restricted[:] = [symbol in settings.risk.restricted for symbol in panel.symbols]
    return desk
