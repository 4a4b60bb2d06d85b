"""Sections whose values fit one by one and not together: told with the lines where they were set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from consilience.apps.config import Config, exit_settings, orchestrator_settings, sizing_settings, to_risk
from consilience.core.errors import ConsilienceError

_SECTIONS: dict[str, Callable[[Config], Any]] = {
    "orchestrator": orchestrator_settings,
    "risk": to_risk,
    "sizing": sizing_settings,
    "exits": exit_settings,
}


def check_sections(config: Config, origins: Mapping[tuple[str | int, ...], str]) -> None:
    """Raises what a section's settings raise, ConfigError or NotFound, with the places of the keys that it names.

    origins: where each key was set, by its path.
    """
    for section, made in _SECTIONS.items():
        try:
            made(config)
        except ConsilienceError as error:
            text = str(error)
            keys = [path for path in origins if path[0] == section and len(path) == 2]
            named = [path for path in keys if re.search(rf"\b{re.escape(str(path[1]))}\b", text)]
            places = list(dict.fromkeys(origins[path] for path in named))
            if not places and (section,) in origins:
                places = [origins[section,]]
            where = f"{' and '.join(places)}: " if places else ""
            raise type(error)(where + text) from None
