"""The universe catalogue: every filter, rule and preset.

A new filter is one file in ``filters/`` and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from consilience.core.errors import NotFound
from consilience.core.spec import Spec
from consilience.universe import all_symbols, regime, scores, selection
from consilience.universe.filters import (
    age,
    breakout,
    market_cap,
    membership,
    price,
    spread,
    status,
    volatility,
    volume,
)
from consilience.universe.filters._base import Filter
from consilience.universe.presets import PRESETS
from consilience.universe.profile import Profile

FILTERS: dict[str, Filter] = {
    one.FILTER.name: one.FILTER
    for one in (status, membership, price, volume, spread, market_cap, age, volatility, breakout)
}
SPECS: tuple[Spec, ...] = (
    all_symbols.SPEC,
    *(one.spec for one in FILTERS.values()),
    *scores.SPECS,
    regime.SPEC,
    selection.SPEC,
)


def make_profile(preset: str = "all", changes: Mapping[str, Any] | None = None) -> Profile:
    """The preset with ``changes`` by field; ``filters`` are merged by name, and one that is False is dropped.

    Raises NotFound for an unknown preset, filter or parameter, ConfigError for a value that is not allowed.
    """
    if preset not in PRESETS:
        raise NotFound.named("universe", preset, PRESETS)
    base, given = PRESETS[preset], dict(changes or {})
    filters = dict(base.filters)
    for name, parameters in given.pop("filters", {}).items():
        if name not in FILTERS:
            raise NotFound.named("universe filter", name, FILTERS)
        if parameters is False:
            filters.pop(name, None)
        else:
            filters[name] = {**filters.get(name, {}), **({} if parameters is True else parameters)}
    checked = {name: FILTERS[name].parameters(parameters) for name, parameters in filters.items()}
    unknown = next((name for name in given if name not in Profile.__struct_fields__), None)
    if unknown is not None:
        raise NotFound.named("key of a universe", unknown, Profile.__struct_fields__)
    profile = msgspec.structs.replace(base, filters=checked, **given)
    if profile.name == "all" and profile.screens:
        profile = msgspec.structs.replace(profile, name="custom")
    return profile


def require_filters(profile: Profile) -> None:
    """Raises NotFound for a filter that is not in the catalogue, ConfigError for parameters that it does not take."""
    for name, parameters in profile.filters.items():
        if name not in FILTERS:
            raise NotFound.named("universe filter", name, FILTERS)
        FILTERS[name].parameters(parameters)


__all__ = ["FILTERS", "PRESETS", "SPECS", "make_profile", "require_filters"]
