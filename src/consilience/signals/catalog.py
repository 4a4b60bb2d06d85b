"""The signal catalogue: sources and fusion profiles.

A new source is one file in ``sources/`` and one line here. Their order is the order in which contributions are summed.
"""

from __future__ import annotations

from types import ModuleType

from consilience.core.errors import NotFound
from consilience.signals.fusion import single
from consilience.signals.source import Source
from consilience.signals.sources.agent_advice import SOURCE as AGENT_ADVICE
from consilience.signals.sources.alternative_data import SOURCE as ALTERNATIVE_DATA
from consilience.signals.sources.breakout_probability import SOURCE as BREAKOUT_PROBABILITY
from consilience.signals.sources.fibonacci_confluence import SOURCE as FIBONACCI_CONFLUENCE
from consilience.signals.sources.fibonacci_expansion import SOURCE as FIBONACCI_EXPANSION
from consilience.signals.sources.gamma_exposure import SOURCE as GAMMA_EXPOSURE
from consilience.signals.sources.macro import SOURCE as MACRO
from consilience.signals.sources.market_regime import SOURCE as MARKET_REGIME
from consilience.signals.sources.mean_reversion import SOURCE as MEAN_REVERSION
from consilience.signals.sources.microstructure import SOURCE as MICROSTRUCTURE
from consilience.signals.sources.momentum_divergence import SOURCE as MOMENTUM_DIVERGENCE
from consilience.signals.sources.multi_timeframe_agreement import SOURCE as MULTI_TIMEFRAME_AGREEMENT
from consilience.signals.sources.order_flow import SOURCE as ORDER_FLOW
from consilience.signals.sources.ribbon_alignment import SOURCE as RIBBON_ALIGNMENT
from consilience.signals.sources.sentiment import SOURCE as SENTIMENT
from consilience.signals.sources.trend_composite import SOURCE as TREND_COMPOSITE
from consilience.signals.sources.volume_profile import SOURCE as VOLUME_PROFILE
from consilience.signals.sources.whale_flow import SOURCE as WHALE_FLOW

FUSIONS: tuple[ModuleType, ...] = (single,)
SOURCES: dict[str, Source] = {
    source.name: source
    for source in (
        TREND_COMPOSITE,
        MOMENTUM_DIVERGENCE,
        VOLUME_PROFILE,
        RIBBON_ALIGNMENT,
        FIBONACCI_CONFLUENCE,
        GAMMA_EXPOSURE,
        FIBONACCI_EXPANSION,
        MULTI_TIMEFRAME_AGREEMENT,
        MEAN_REVERSION,
        BREAKOUT_PROBABILITY,
        MARKET_REGIME,
        ORDER_FLOW,
        MICROSTRUCTURE,
        WHALE_FLOW,
        SENTIMENT,
        MACRO,
        ALTERNATIVE_DATA,
        AGENT_ADVICE,
    )
}


def find_source(name: str) -> Source:
    """A catalogued source. Raises NotFound with the nearest name."""
    if name not in SOURCES:
        raise NotFound.named("signal source", name, SOURCES)
    return SOURCES[name]
