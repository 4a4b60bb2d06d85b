"""What the gate of external signals looks for, and its report: every refused event is counted by feed and reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import DAY


@dataclass(frozen=True)
class SignalPolicies:
    """maximum_delay_ns: an opinion that came later than this after it happened is refused; 0 for no limit.

    Number feeds have no limit: official figures are published weeks after their month.
    """

    maximum_delay_ns: int = 3 * DAY

    def __post_init__(self) -> None:
        if self.maximum_delay_ns < 0:
            raise ConfigError("the longest delay of a signal cannot be negative; give 0 for no limit")


@dataclass(frozen=True)
class FeedQuality:
    """What the gate found in one feed.

    events: events looked at. accepted: how many passed. refused: events by reason, codes 330 to 349.
    later: known only after the last slice, so not looked at and not in ``events``.
    """

    feed: str
    number: bool
    events: int
    accepted: int
    later: int
    refused: Mapping[Reason, int] = field(default_factory=dict)

    def line(self) -> str:
        """One line for a person."""
        kind = "numbers" if self.number else "opinions"
        found = ", ".join(f"{count} refused: {REASON_TEXT[reason]}" for reason, count in self.refused.items())
        parts = [f"feed {self.feed}: {self.events} {kind}, {self.accepted} accepted"]
        if found:
            parts.append(found)
        if self.later:
            parts.append(f"{self.later} more known only after the data ends")
        return "; ".join(parts)
