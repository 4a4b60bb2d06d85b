"""What a run is given, made uniform: one panel, live strategy objects with distinct names, the first bar to judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np

from consilience.core.errors import ConfigError, DataError
from consilience.core.panel import Ints, Panel
from consilience.core.time import format_time
from consilience.market.pipeline import BuiltPanel
from consilience.market.quality import QualityReport
from consilience.strategies.base import Strategy
from consilience.strategies.base import labels_of as labels_of

Data: TypeAlias = BuiltPanel | Panel
OneStrategy: TypeAlias = Strategy | type[Strategy]
Strategies: TypeAlias = OneStrategy | Sequence[OneStrategy]


class RunData(NamedTuple):
    """A panel whose rows count from 0, the open of each cell's session, and what the quality gate found."""

    panel: Panel
    session_open: Ints | None
    quality: QualityReport | None


def run_data(data: Data) -> RunData:
    """``data`` as a run reads it. Raises DataError when there is no slice."""
    if isinstance(data, BuiltPanel):
        parts = RunData(data.panel, data.session_open, data.report)
    else:
        parts = RunData(data, None, None)
    panel = parts.panel
    if panel.shape[0] == 0 or panel.shape[1] == 0:
        raise DataError("the panel has no bars; widen the date range or import data")
    return parts._replace(panel=replace(panel, first_row=0)) if panel.first_row else parts


def strategy_list(strategies: Strategies) -> tuple[Strategy, ...]:
    """Strategies as objects; a class is made with its defaults. Raises ConfigError for none or for something else."""
    given = strategies if isinstance(strategies, Sequence) else (strategies,)
    if not given:
        raise ConfigError("a run needs at least one strategy; name one from the catalogue or give a Strategy")
    result = []
    for one in given:
        made = one() if isinstance(one, type) else one
        if not isinstance(made, Strategy):
            raise ConfigError(f"{one!r} is no strategy; give a Strategy subclass or an object of one")
        result.append(made)
    if len({id(s) for s in result}) < len(result):
        raise ConfigError("the same strategy object was given twice; make one object for each")
    return tuple(result)


def first_judged_row(panel: Panel, start_ns: int | None, warm_up: int) -> int:
    """First row that may decide: the first close after ``start_ns``, but not before ``warm_up`` rows have passed.

    Raises DataError when the data ends before it, ConfigError for a negative ``warm_up``.
    """
    if warm_up < 0:
        raise ConfigError(f"warm_up={warm_up} may not be negative")
    rows = panel.shape[0]
    first = 0 if start_ns is None else int(np.searchsorted(panel.ts, start_ns, side="right"))
    if first >= rows:
        raise DataError(
            f"the start {format_time(start_ns or 0)} is at or after the last bar {format_time(int(panel.ts[-1]))}; "
            "start earlier or import newer data"
        )
    if warm_up >= rows:
        raise DataError(
            f"the strategies need {warm_up} bars to warm up and the data has {rows}; load a longer history or shorten "
            "their periods"
        )
    return max(first, warm_up)
