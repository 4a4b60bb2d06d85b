"""Risk overrides: a person sets a rule aside, or blocks a symbol or all entries, for a while and on record.

An override names who, why and until when; it goes to the journal before it acts. The halt, the restricted list and the
rules against faults (duplicates, self-match, order rate) can't be set aside.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from consilience.core.errors import ConfigError, NotFound
from consilience.risk.breaker import signed_act
from consilience.risk.catalog import FULL_RULES, PLACES

EVERYTHING = "*"
LONGEST = 7 * 24 * 3_600_000_000_000  # a week in ns: what is needed for longer is a setting


class Override(msgspec.Struct, frozen=True, tag=True):
    """A documented act, for the journal. Times in ns; it holds from ``ts`` up to, but not at, ``until``.

    allows: the rule that is set aside, "" for none. blocks: the symbol whose entries are blocked, ``*`` for all, "" for
    none.
    """

    actor: str
    words: str
    ts: int
    until: int
    allows: str = ""
    blocks: str = ""

    def holds(self, ts: int) -> bool:
        """Whether it is in force at ``ts``."""
        return self.ts <= ts < self.until

    @property
    def text(self) -> str:
        """One line for people."""
        if self.allows:
            return f"{self.actor} set the rule {self.allows} aside: {self.words}"
        what = "all entries" if self.blocks == EVERYTHING else f"entries in {self.blocks}"
        return f"{self.actor} blocked {what}: {self.words}"


def allow(rule: str, actor: str, words: str, ts: int, until: int) -> Override:
    """Set ``rule`` aside. Raises NotFound for an unknown rule, ConfigError for one that can't be set aside, a time that
    is over or too far ahead, or without a name or a reason.
    """
    if rule not in PLACES:
        raise NotFound.named("risk rule", rule, PLACES)
    if not FULL_RULES[PLACES[rule]].overridable:
        raise ConfigError(f"override: the rule {rule} can't be set aside; {FULL_RULES[PLACES[rule]].action}")
    actor, words = _checked(actor, words, ts, until)
    return Override(actor, words, ts, until, allows=rule)


def block(symbol: str, actor: str, words: str, ts: int, until: int) -> Override:
    """Block entries in ``symbol``, or all with ``*``; orders that reduce pass. Raises ConfigError as ``allow`` does."""
    actor, words = _checked(actor, words, ts, until)
    if not symbol.strip():
        raise ConfigError("override: name the symbol to block, or * for all")
    return Override(actor, words, ts, until, blocks=symbol.strip())


def allowed_mask(overrides: Iterable[Override], ts: int) -> int:
    """Bits of the rules that are set aside at ``ts``: ``limits['overridden']``."""
    mask = 0
    for one in overrides:
        if one.allows and one.holds(ts):
            mask |= 1 << PLACES[one.allows]
    return mask


def is_blocked(overrides: Iterable[Override], symbol: str, ts: int) -> bool:
    """Whether entries in ``symbol`` are blocked at ``ts``: ``request['restricted']``."""
    return any(one.blocks in (symbol, EVERYTHING) and one.holds(ts) for one in overrides)


def _checked(actor: str, words: str, ts: int, until: int) -> tuple[str, str]:
    actor, words = signed_act("override", actor, words)
    if until <= ts:
        raise ConfigError("override: it would be over before it begins; give a later end")
    if until - ts > LONGEST:
        raise ConfigError("override: a week is the longest; change the setting for more")
    return actor, words
