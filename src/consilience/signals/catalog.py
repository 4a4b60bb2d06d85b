"""The signal catalogue: sources (none beyond the strategies themselves yet) and fusion profiles."""

from __future__ import annotations

from types import ModuleType

from consilience.signals.fusion import single

FUSIONS: tuple[ModuleType, ...] = (single,)
