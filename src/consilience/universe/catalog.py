"""The universe catalogue: rules of membership."""

from __future__ import annotations

from types import ModuleType

from consilience.universe import all_symbols

UNIVERSES: tuple[ModuleType, ...] = (all_symbols,)
