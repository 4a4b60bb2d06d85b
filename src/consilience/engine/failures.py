"""Failures of single strategies: one that raises is set aside, the others go on."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.errors import HaltTrading, ReportBug


class Failure(NamedTuple):
    """strategy: its place in the run. where: define, declare, or the callback that raised.

    ts: close of the slice at hand, UTC ns, None before the first. error: what was raised, with its traceback.
    """

    strategy: int
    where: str
    ts: int | None
    error: Exception


def is_ours(error: Exception) -> bool:
    """Whether an exception is the run's own and not a strategy's: it must end the run."""
    return isinstance(error, (HaltTrading, ReportBug))
