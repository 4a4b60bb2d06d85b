"""Layer 3: strategies. ``from consilience.strategies import Strategy, CallbackStrategy, Entry, Param, ta``."""

from consilience.features import ta
from consilience.strategies.base import CallbackStrategy, Param, Strategy
from consilience.strategies.context import Context
from consilience.strategies.entry import Entry

__all__ = ["CallbackStrategy", "Context", "Entry", "Param", "Strategy", "ta"]
