"""Consilience: many independent signals in, one explained and risk-checked decision out."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consilience.apps.notebook import backtest, load
    from consilience.strategies import CallbackStrategy, Entry, Param, Strategy, ta

__version__ = "0.1.0"
__all__ = ["CallbackStrategy", "Entry", "Param", "Strategy", "__version__", "backtest", "load", "ta"]

# imported when first asked for, so that `import consilience` and the command line's help stay light
_NOTEBOOK, _STRATEGIES = "consilience.apps.notebook", "consilience.strategies"
_LAZY = {
    "CallbackStrategy": _STRATEGIES,
    "Entry": _STRATEGIES,
    "Param": _STRATEGIES,
    "Strategy": _STRATEGIES,
    "backtest": _NOTEBOOK,
    "load": _NOTEBOOK,
    "ta": _STRATEGIES,
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"consilience has no '{name}'; it offers {', '.join(__all__)}")
    return getattr(importlib.import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
