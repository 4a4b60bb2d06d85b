"""``--fusion``: the name of a ready profile, or a TOML file of one.

A file has the keys of ``FusionProfile`` at its top or under [fusion]. ``base = "balanced"`` starts from a ready
profile: what the file says replaces it, key by key, and ``sources`` as a whole. A source may be written as its weight
alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from consilience.apps.config_file import key_lines
from consilience.core.errors import ConfigError, NotFound, nearest
from consilience.signals.catalog import SOURCES
from consilience.signals.fusion.profile import PROFILES, FusionProfile, Levels, SourceUse

STRATEGIES = "strategies"  # the source that the engine adds: strategies of the catalogue, heard as one voice
SECTION = "fusion"
_WHOLE = ("sources", "parameters")  # replaced as a whole, not key by key
_WORDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text in quotes",
    "bool": "true or false",
    "object": "a table",
}
_WEIGHT = "a weight, such as 0.2, or a table such as { weight = 0.2 }"


def read_profile(given: str, known: Iterable[str] | None = None) -> str:
    """What a fused strategy takes as its profile: the name of a ready one, or the file's as JSON.

    known: names of sources; those of the catalogue and ``strategies`` where it is not given. Raises NotFound for what
    is neither a profile nor a file, ConfigError with file and line for what a file has wrong.
    """
    path = Path(given)
    if given in PROFILES:
        return given
    if not (path.suffix or path.exists()):
        raise NotFound.named("fusion profile", given, PROFILES, "(or give the path of a TOML file)")
    if not path.is_file():
        raise NotFound(f"there is no file '{path}'; check the path, or name a profile: {', '.join(PROFILES)}")
    text = _text(path)
    return profile_from_toml(text, path.name, (*SOURCES, STRATEGIES) if known is None else known).to_json()


def profile_from_toml(text: str, file: str, known: Iterable[str]) -> FusionProfile:
    """The profile of a TOML text, checked. Raises ConfigError that begins with the file and, where there is one, the
    line."""
    values = _parsed(text, file)
    lines = key_lines(text)
    prefix: tuple[str, ...] = ()
    if SECTION in values:
        values, prefix = values[SECTION], (SECTION,)

    try:
        profile = _profile(values, Path(file).stem)
        for place, problem in profile.problems(known):
            raise _Misplaced(place, problem)
    except _Misplaced as error:
        ways = [(*prefix, *error.place[:n]) for n in range(len(error.place), 0, -1)]
        line = next((lines[way] for way in ways if way in lines), None)
        where = f"{file}, line {line}" if line else file
        raise ConfigError(f"{where}: {'.'.join(error.place)}: {error.words}") from None
    return profile


class _Misplaced(Exception):  # noqa: N818  (never leaves this file)
    """What is wrong, and the keys that lead to the place."""

    def __init__(self, place: tuple[str, ...], words: str) -> None:
        super().__init__(words)
        self.place, self.words = place, words


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column \d+\)| \(at end of document\)", str(error))
        what = str(error)[: place.start()] if place else str(error)
        where = f", line {place[1]}" if place and place[1] else ""
        raise ConfigError(f"{file}{where}: not TOML ({what[:1].lower()}{what[1:]}); texts need quotes") from error
    if not isinstance(values.get(SECTION, {}), dict):
        raise ConfigError(f"{file}: '{SECTION}' must be a [{SECTION}] section")
    return values


def _profile(given: Mapping[str, Any], name: str) -> FusionProfile:
    """The values as a profile, on top of the ready one that they start from. Raises _Misplaced."""
    values = {key: value for key, value in given.items() if key not in ("config_version", "base")}
    if "sources" in values:
        values["sources"] = _full_sources(values["sources"])
    _check_tables(values)
    if "base" in given:
        base = given["base"]
        if base not in PROFILES:
            near = nearest(str(base), PROFILES)
            hint = f"did you mean '{near}'?" if near else f"known: {', '.join(PROFILES)}"
            raise _Misplaced(("base",), f"there is no ready profile '{base}'; {hint}")
        values = _merged(_start(base, values.get("sources")), {"name": name, **values})
    try:
        return msgspec.convert({"name": name, "sources": {}, **values}, FusionProfile)
    except msgspec.ValidationError as error:
        raise _Misplaced(*_plain(str(error))) from None


def _start(base: str, sources: Mapping[str, Any] | None) -> dict[str, Any]:
    """A ready profile's values, without what it says of sources that the file does not take."""
    values: dict[str, Any] = msgspec.to_builtins(PROFILES[base])
    if sources is not None:
        values["regime_multipliers"] = {
            label: {name: factor for name, factor in factors.items() if name in sources}
            for label, factors in values["regime_multipliers"].items()
        }
    return values


def _check_tables(values: Mapping[str, Any]) -> None:
    """Convert the members of tables by name one by one, because their names are not in the messages of the whole."""
    tables: dict[str, Any] = {
        "sources": SourceUse,
        "regime_levels": Levels,
        "regime_multipliers": dict[str, float],
        "quality": float,
    }
    for key, kind in tables.items():
        table = values.get(key)
        for name, one in table.items() if isinstance(table, dict) else ():
            members = one.items() if key == "regime_multipliers" and isinstance(one, dict) else ()
            for place, value, wanted in [((key, name, m), v, float) for m, v in members] + [((key, name), one, kind)]:
                try:
                    msgspec.convert(value, wanted)
                except msgspec.ValidationError as error:
                    inner, words = _plain(str(error), wanted)
                    if wanted is SourceUse and not inner:
                        words = words.replace(_WORDS["object"], _WEIGHT)
                    raise _Misplaced((*place, *inner), words) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not UTF-8 text; save it as UTF-8") from error


def _full_sources(given: Any) -> Any:
    """``trend_composite = 0.25`` stands for ``{ weight = 0.25 }``."""
    if not isinstance(given, dict):
        return given
    return {
        name: {"weight": use} if isinstance(use, (int, float)) and not isinstance(use, bool) else use
        for name, use in given.items()
    }


def _merged(start: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(start)
    for key, value in over.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = _merged(result[key], value) if both and key not in _WHOLE else value
    return result


def _plain(message: str, kind: Any = FusionProfile) -> tuple[tuple[str, ...], str]:
    """(place, words) of a message about a ``kind``, such as "Expected `float`, got `str` - at `$.thresholds.buy`"."""
    what, _, where = message.partition(" - at ")
    place = tuple(re.findall(r"[\w\-]+", where.strip("`").removeprefix("key in ").strip("`$")))
    unknown = re.fullmatch(r"Object contains unknown field `(.+)`", what)
    if unknown:
        known = _fields_at(place, kind)
        near = nearest(unknown[1], known)
        hint = f"did you mean '{near}'?" if near else f"known: {', '.join(known)}"
        return (*place, unknown[1]), f"unknown key; {hint}"
    missing = re.fullmatch(r"Object missing required field `(.+)`", what)
    if missing:
        return (*place, missing[1]), "it is missing; add it"
    types = re.fullmatch(r"Expected `([\w |]+)`, got `(\w+)`", what)
    if types:
        return place, f"this is {_WORDS.get(types[2], types[2])}; give {_WORDS.get(types[1], types[1])}"
    return place, what


def _fields_at(place: tuple[str, ...], kind: Any) -> list[str]:
    """Keys that the table at ``place`` of a ``kind`` may have."""
    for key in place:
        kind = {one.name: one.type for one in msgspec.structs.fields(kind)}[key]
    return [one.name for one in msgspec.structs.fields(kind)]
