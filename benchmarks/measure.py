"""Time, processor time and memory of one piece of work, printed as one line of JSON. Standard library only."""

from __future__ import annotations

import json
import resource
import time
from typing import Any


def peak_mb() -> float:
    """Highest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


class Measure:
    """``with Measure() as m: ...`` then ``m.wall`` and ``m.cpu`` (all threads), in seconds."""

    wall = cpu = 0.0

    def __enter__(self) -> Measure:
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self._wall
        self.cpu = time.process_time() - self._cpu


def report(engine: str, version: str, units: int, spent: Measure, **facts: Any) -> None:
    """The line that the runner reads: ``units`` of work in ``spent``."""
    line = {
        "engine": engine, "version": version, "units": units, "wall": spent.wall, "cpu": spent.cpu,
        "rate": units / spent.wall, "peak_mb": peak_mb(), **facts,
    }  # fmt: skip
    print(json.dumps(line), flush=True)
