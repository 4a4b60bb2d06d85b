"""What features of a window of order flow agree on: their inputs, the window's parameters, where the flow is from."""

from __future__ import annotations

from consilience.core.spec import ParamSpec
from consilience.features.feature import period

INPUTS = ("bid", "bid_size", "ask", "ask_size", "time")
WARM_UP = "1 update; the first windows are shorter"
SOURCE = "Cont, Kukanov and Stoikov (2014), https://arxiv.org/abs/1011.6402"


def window_params(parts: int = 1) -> tuple[ParamSpec, ParamSpec]:
    """(seconds, events) of a window; a feature that looks back ``parts`` windows has that much shorter ones."""
    return (
        ParamSpec("seconds", 1.0, low=0.001, high=86_400.0 / parts, unit="seconds"),
        period(4096, high=1_000_000 // parts, name="events", text="the most that a window may hold: it ends there"),
    )
