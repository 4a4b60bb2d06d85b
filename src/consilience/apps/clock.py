"""The one clock of the shell. Everything below is handed the time."""

from __future__ import annotations

import time


def now_ns() -> int:
    """UTC nanoseconds since 1970."""
    return time.time_ns()


class SystemClock:
    """``core.ports.Clock`` over the machine's clock."""

    def now_ns(self) -> int:
        """UTC nanoseconds since 1970."""
        return now_ns()
