"""Time, processor time and memory of one piece of work, printed as one line of JSON. Standard library only."""

from __future__ import annotations

import json
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any, TypeVar

Found = TypeVar("Found")
AGAIN, MOST_S = 4, 3.0  # further runs of what takes no longer than this


def peak_mb() -> float:
    """Highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


class Measure:
    """``with Measure() as m: ...`` then ``m.wall`` and ``m.cpu`` (all threads), in seconds."""

    wall = cpu = again = 0.0

    def __enter__(self) -> Measure:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu


def timed(work: Callable[[], Found], again: bool = True) -> tuple[Measure, Found]:
    """A first run, and ``again``: the median seconds of further runs in the process, whose memory is there by then.

    The first touch of fresh memory costs what the machine makes of it: on a virtual one perhaps a hundred times as much
    as on another, and for every engine alike. Long work runs once, and its ``again`` is its first; so does what cannot
    be done twice (``again`` False).
    """
    with Measure() as spent:
        found = work()
    spent.again = spent.wall
    if again and spent.wall < MOST_S:
        walls = []
        for _ in range(AGAIN):
            with Measure() as further:
                work()
            walls.append(further.wall)
        spent.again = statistics.median(walls)
    return spent, found


def report(engine: str, version: str, units: int, spent: Measure, **facts: Any) -> None:
    """The line that the runner reads: ``units`` of work in ``spent``."""
    line = {
        "engine": engine, "version": version, "units": units, "wall": spent.wall, "cpu": spent.cpu,
        "rate": units / spent.wall, "again": spent.again or spent.wall, "peak_mb": peak_mb(), **facts,
    }  # fmt: skip
    print(json.dumps(line), flush=True)
