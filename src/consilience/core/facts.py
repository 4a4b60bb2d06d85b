"""Facts about symbols as they became known: capitalisation, trading status, list membership and the like."""

from __future__ import annotations

from typing import NamedTuple

from consilience.core.codes import Fact
from consilience.core.events import CorporateAction


class RawFact(NamedTuple):
    """One fact. ts_known: UTC ns from which it counts. value: its unit by field, see ``Fact``."""

    symbol: str
    ts_known: int
    field: Fact
    value: float


class RawFacts(NamedTuple):
    """What a file tells: facts, and the delistings and ticker changes among them, which act on positions."""

    facts: tuple[RawFact, ...]
    actions: tuple[CorporateAction, ...]
