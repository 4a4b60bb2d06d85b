"""What the evaluator eats: a run of slices as float columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from consilience.core.panel import FloatBars

Ints = npt.NDArray[np.int64]


class FeatureBlock(NamedTuple):
    """B slices of S symbols.

    ts: int64 [B], close times in UTC ns, ascending. bars: float64 [B, S] each, forward-adjusted.
    valid: bool [B, S]; False masks the symbol in that slice, whatever its columns hold.
    session: int64 [B, S] session ids. session_open: int64 [B, S] opening time of that session in ns, or None when
    buckets of higher timeframes anchor to UTC midnight. duration_ns: length of one bar, 0 when irregular.
    slots: float64 [K, B, S], external values in the order of the evaluator's slot names, NaN until known.
    dense: True only when every entry of ``valid`` is True; it saves looking.
    """

    ts: Ints
    bars: FloatBars
    valid: npt.NDArray[np.bool_]
    session: Ints
    session_open: Ints | None = None
    duration_ns: int = 0
    slots: npt.NDArray[np.float64] | None = None
    dense: bool = False

    def rows(self, start: int, stop: int) -> FeatureBlock:
        """Slices ``start`` to ``stop`` as views."""
        return self._replace(
            ts=self.ts[start:stop],
            bars=FloatBars(*(None if c is None else c[start:stop] for c in self.bars)),  # type: ignore[arg-type]
            valid=self.valid[start:stop],
            session=self.session[start:stop],
            session_open=None if self.session_open is None else self.session_open[start:stop],
            slots=None if self.slots is None else np.ascontiguousarray(self.slots[:, start:stop]),
        )
