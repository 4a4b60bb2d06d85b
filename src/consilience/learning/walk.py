"""Refits on the past only: a walk over history that leaves parameter events, as a live run would journal them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, DataError
from consilience.core.external import EVERY_SYMBOL
from consilience.core.panel import Ints, Panel
from consilience.core.ports import Fitter
from consilience.core.refits import Refit


class Schedule(NamedTuple):
    """When to fit again. first, every: bars of the model. delay_ns: from the close that a fit reads to when it is
    known. closes: int64 rows of the slices in which the model's bars close, ascending; none for every slice.

    With the least delay a fit serves from the slice after the one whose close it was trained on.
    """

    first: int = 270
    every: int = 60
    delay_ns: int = 1
    closes: Ints | None = None


def walk(fitter: Fitter, panel: Panel, model: str, schedule: Schedule | None = None, seed: int = 0) -> list[Refit]:
    """Refits of ``model`` over ``panel``: after its bar ``first`` and every ``every`` bars from there.

    Each fit gets the slices up to its own close alone. A fit that fails, has too little to learn from or does not
    converge says so and does not serve: what served before it stands on. Raises ConfigError for a schedule out of
    range.
    """
    when = schedule or Schedule()
    if when.first < 1 or when.every < 1 or when.delay_ns < 0:
        raise ConfigError(f"{when} is no schedule: first and every count from 1, the delay from 0")
    closes = np.arange(panel.shape[0]) if when.closes is None else when.closes
    refits = []
    for row in closes[when.first - 1 :: when.every].tolist():
        due = Refit(
            model=model,
            training_end_ns=int(panel.ts[row]),
            ts_known=int(panel.ts_known[row]) + when.delay_ns,
            seed=seed,
        )
        refits += _fitted(fitter, panel.rows(0, row + 1), due)
    return refits


def _fitted(fitter: Fitter, panel: Panel, due: Refit) -> list[Refit]:
    """How the fit that is due ended, one for each symbol that has parameters of its own."""
    try:
        values = fitter.fit(panel, due.training_end_ns, due.seed)
    except DataError as error:
        return [msgspec.structs.replace(due, reason=int(Reason.FIT_FAILED), text=str(error))]
    if not values:
        return [msgspec.structs.replace(due, reason=int(Reason.FIT_TOO_FEW))]
    return [_refit_of(due, symbol, own) for symbol, own in _by_symbol(values).items()]


def _by_symbol(values: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Values of all symbols under ``*``, those of single ones under their names."""
    found: dict[str, dict[str, float]] = {}
    for name, value in values.items():
        for symbol, number in (value if isinstance(value, Mapping) else {EVERY_SYMBOL: value}).items():
            found.setdefault(str(symbol), {})[name] = float(number)
    return found


def _refit_of(due: Refit, symbol: str, values: Mapping[str, float]) -> Refit:
    """The refit that ``values`` make of one that was due.

    ``log_likelihood``, ``observations``, ``iterations`` and ``converged`` tell how the fit ended; a fitter that does
    not tell whether it converged is taken to have.
    """
    converged = bool(values.get("converged", 1.0))
    return msgspec.structs.replace(
        due,
        symbol=symbol,
        reason=int(Reason.NONE if converged else Reason.FIT_NOT_CONVERGED),
        log_likelihood=values.get("log_likelihood", float("nan")),
        observations=int(values.get("observations", 0.0)),
        iterations=int(values.get("iterations", 0.0)),
        converged=converged,
        values=dict(values),
    )
