"""Refits on the past only: a walk over history that leaves parameter events, as a live run would journal them."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from consilience.core.errors import ConfigError
from consilience.core.events import Parameters
from consilience.core.panel import Panel
from consilience.core.ports import Fitter
from consilience.core.time import format_time


class Schedule(NamedTuple):
    """When to fit again. first, every: slices. delay_ns: from the close that a fit reads to when it is known.

    With the least delay a fit serves from the slice after the one whose close it was trained on.
    """

    first: int = 270
    every: int = 60
    delay_ns: int = 1


def walk(fitter: Fitter, panel: Panel, model: str, schedule: Schedule | None = None, seed: int = 0) -> list[Parameters]:
    """Parameter events of ``model`` over ``panel``: after its slice ``first`` and every ``every`` slices from there.

    Each fit gets the slices up to its own close alone. A fit that has too little to learn from leaves no event. Raises
    ConfigError for a schedule out of range.
    """
    when = schedule or Schedule()
    if when.first < 1 or when.every < 1 or when.delay_ns < 0:
        raise ConfigError(f"{when} is no schedule: first and every count from 1, the delay from 0")
    events = []
    for stop in range(when.first, panel.shape[0] + 1, when.every):
        end = int(panel.ts[stop - 1])
        values = fitter.fit(panel.rows(0, stop), end, seed)
        if values:
            known = int(panel.ts_known[stop - 1]) + when.delay_ns
            events.append(parameters(model, values, end, known))
    return events


def parameters(model: str, values: Mapping[str, Any], training_end_ns: int, ts_known: int) -> Parameters:
    """One event. Its version is the end of its training, its hash that of its values."""
    plain = dict(values)
    digest = blake2b(msgspec.json.encode(plain, order="deterministic"), digest_size=16).hexdigest()
    return Parameters(
        ts_event=training_end_ns,
        ts_known=ts_known,
        model=model,
        version=format_time(training_end_ns),
        training_end_ns=training_end_ns,
        content_hash=digest,
        values=plain,
    )
