"""Errors of the shell, split by what the caller should do. Inside the core, reason codes stand instead.

ConsilienceError
+-- RetryLater        try the same call again later (a feed or a venue was not there)
+-- FixInput          the user's config, data, command or strategy is off: mend it    (exit 4)
|   +-- ConfigError
|   +-- DataError
|   +-- StrategyError
+-- NotFound          a named thing does not exist; carries the nearest names          (exit 2)
+-- NotRunning        no process to talk to                                            (exit 3)
+-- TimedOut          no answer in time; the outcome is unknown                        (exit 5)
+-- RefuseOrder       this order must not be sent; carries its reason code
+-- HaltTrading       stop opening positions until a person looks
+-- ReportBug         an invariant of ours broke
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ConsilienceError(Exception):
    """Root of all our errors. The text is one line and says what to do."""

    exit_code = 1


class RetryLater(ConsilienceError):
    """The same call may succeed later."""


class FixInput(ConsilienceError):
    """Something the user wrote or supplied has to change."""

    exit_code = 4


class ConfigError(FixInput):
    """A configuration value, key or command-line option is wrong."""


class DataError(FixInput):
    """A data file or frame is wrong."""


class StrategyError(FixInput):
    """A strategy's text or parameters are wrong."""


class NotFound(ConsilienceError):
    """A named thing does not exist."""

    exit_code = 2

    @classmethod
    def named(cls, kind: str, name: str, known: Iterable[str], hint: str = "") -> NotFound:
        """``unknown <kind> '<name>'``, with the nearest known name where there is one, and ``hint``."""
        known = sorted(known)
        near = nearest(name, known)
        tail = f"; did you mean '{near}'?" if near else (f"; known: {', '.join(known[:12])}" if known else "")
        return cls(f"unknown {kind} '{name}'{tail}{' ' + hint if hint else ''}")


class NotRunning(ConsilienceError):
    """There is no running process to talk to."""

    exit_code = 3


class TimedOut(ConsilienceError):
    """No answer in time; whether it took effect is unknown."""

    exit_code = 5


class RefuseOrder(ConsilienceError):
    """An order must not be sent."""

    def __init__(self, message: str, reason: int) -> None:
        super().__init__(message)
        self.reason = reason


class HaltTrading(ConsilienceError):
    """No new entries until a person looks."""


class ReportBug(ConsilienceError):
    """An invariant of ours broke; please report it."""


_WORD = 3  # letters of a name that are enough to mean it


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The closest of ``known`` to ``name`` (case ignored), else the shortest that has all of it; None when neither."""
    table = {k.lower(): k for k in known}
    asked = name.lower()
    found = difflib.get_close_matches(asked, list(table), n=1, cutoff=0.6)
    if not found and len(asked) >= _WORD:
        found = sorted((k for k in table if asked in k), key=lambda k: (len(k), k))[:1]
    return table[found[0]] if found else None
