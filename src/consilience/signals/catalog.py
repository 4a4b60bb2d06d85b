"""The signal catalogue: sources and fusion profiles.

A new source is one file in ``sources/`` and one line here. Their order is the order in which contributions are summed.
"""

from __future__ import annotations

from types import ModuleType

from consilience.core.errors import NotFound
from consilience.signals.fusion import single
from consilience.signals.source import Source
from consilience.signals.sources.market_regime import SOURCE as MARKET_REGIME

FUSIONS: tuple[ModuleType, ...] = (single,)
SOURCES: dict[str, Source] = {source.name: source for source in (MARKET_REGIME,)}


def find_source(name: str) -> Source:
    """A catalogued source. Raises NotFound with the nearest name."""
    if name not in SOURCES:
        raise NotFound.named("signal source", name, SOURCES)
    return SOURCES[name]
