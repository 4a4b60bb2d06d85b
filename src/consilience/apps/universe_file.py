"""``--universe``: the name of a preset, or a TOML file with the keys of a [universe] section."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from consilience.core.errors import ConfigError, NotFound


def universe_flags(given: str) -> dict[str, Any]:
    """The universe section that ``--universe`` stands for; a file has its keys at the top or under [universe].

    Raises NotFound for what is neither a preset nor a file, ConfigError for a file that cannot be read.
    """
    from consilience.universe.presets import PRESETS

    path = Path(given)
    if given in PRESETS or not (path.suffix or path.exists()):
        if given not in PRESETS:
            raise NotFound.named("universe", given, PRESETS, "(or give the path of a TOML file)")
        return {"universe": {"preset": given}}
    if not path.is_file():
        raise NotFound(f"there is no file '{path}'; check the path, or name a universe: {', '.join(PRESETS)}")
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name} is not TOML ({error}); texts need quotes") from error
    section = found.get("universe", found)
    if not isinstance(section, dict):
        raise ConfigError(f"{path.name}: 'universe' must be a [universe] section")
    return {"universe": {key: value for key, value in section.items() if key != "config_version"}}
