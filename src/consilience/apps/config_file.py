"""Reading the configuration: file, environment and flags merged, and every mistake told with its place."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from consilience.apps.config import VERSION, Config
from consilience.apps.section_check import check_sections
from consilience.core.errors import ConfigError, NotFound, nearest

FILE_NAME = "consilience.toml"
PREFIX = "CONSILIENCE__"
_SECRET = re.compile(r"(^|_)(secret|password|passphrase|token|api_?key|private_?key)(_|$)", re.IGNORECASE)
_FLAGS = {"strategies": "--strategy", "data.source": "--data", "record.level": "--record"}
KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class Loaded:
    """A configuration, the file it came from (None for none), and where each value was set ('' for a default)."""

    config: Config
    file: Path | None
    origins: Mapping[KeyPath, str] = field(default_factory=dict)


def load_config(
    path: str | Path | None = None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    *,
    search: bool = True,
) -> Loaded:
    """The configuration of ``path`` (or ``consilience.toml`` of the working folder, if there), environment and flags.

    flags: dotted key to value, such as ``{"account.cash": 5000}``; None values are not set. search: whether the working
    folder's file counts where no path is given.
    Raises NotFound for a missing file, ConfigError for everything else, one line that says what to do.
    """
    file = _find_file(path) if path is not None or search else None
    values: dict[str, Any] = {}
    origins: dict[KeyPath, str] = {}
    if file is not None:
        values = _read(file)
        lines = key_lines(file.read_text(encoding="utf-8-sig"))
        origins = {key: f"{file.name}, line {line}" for key, line in lines.items()}
        _refuse_secrets(values, origins)
        _require_version(values, file)
    for name, text in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(PREFIX):
            keys = tuple(part.lower() for part in name[len(PREFIX) :].split("__"))
            _put(values, keys, _parsed(text), name)
            origins[keys] = f"environment {name}"
    for dotted, value in (flags or {}).items():
        if value is not None:
            keys = tuple(dotted.split("."))
            _put(values, keys, value, dotted)
            origins[keys] = _FLAGS.get(dotted, f"--{keys[-1].replace('_', '-')}")
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        raise ConfigError(_explain(error, origins)) from None
    check_sections(config, origins)
    return Loaded(config, file, origins)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Line of every key and table of a TOML text; members of arrays of tables are numbered."""
    found: dict[KeyPath, int] = {}
    counts: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*(\[\[?)\s*([\w.\-\"' ]+?)\s*\]\]?\s*(#.*)?$", line)
        if head:
            keys = _split_key(head[2])
            if head[1] == "[[":
                counts[keys] = counts.get(keys, -1) + 1
                table = (*keys, counts[keys])
            else:
                table = _numbered(keys, counts)
            found.setdefault(table, number)
            continue
        pair = re.match(r"\s*([\w\-\"'.]+(?:\s*\.\s*[\w\-\"']+)*)\s*=", line)
        if pair:
            found.setdefault((*table, *_split_key(pair[1])), number)
    return found


def _numbered(keys: KeyPath, counts: Mapping[KeyPath, int]) -> KeyPath:
    """``[strategies.parameters]`` belongs to the last ``[[strategies]]``."""
    for length in range(len(keys), 0, -1):
        if keys[:length] in counts:
            return (*keys[:length], counts[keys[:length]], *keys[length:])
    return keys


def _split_key(text: str) -> KeyPath:
    return tuple(part.strip().strip("\"'") for part in text.split("."))


def _find_file(path: str | Path | None) -> Path | None:
    if path is None:
        file = Path(FILE_NAME)
        return file if file.is_file() else None
    file = Path(path)
    if not file.is_file():
        raise NotFound(f"there is no configuration '{file}'; check the path, or make one with: consilience init")
    return file


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file.name} is not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)| \(at end of document\)", str(error))
        what = str(error)[: place.start()] if place else str(error)
        where = f", line {place[1]}" if place and place[1] else ""
        raise ConfigError(f"{file.name}{where}: not TOML ({_lower_first(what)}); texts need quotes") from error


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]


def _require_version(values: Mapping[str, Any], file: Path) -> None:
    version = values.get("config_version")
    if version is None:
        raise ConfigError(f"{file.name} has no config_version; put 'config_version = {VERSION}' on its first line")
    if version != VERSION:
        raise ConfigError(f"{file.name} has config_version {version}; this program reads {VERSION}")


def _refuse_secrets(values: Any, origins: Mapping[KeyPath, str], path: KeyPath = ()) -> None:
    if not isinstance(values, dict):
        return
    for key, value in values.items():
        here = (*path, key)
        if _SECRET.search(key):
            place = origins.get(here, ".".join(map(str, here)))
            raise ConfigError(
                f"{place}: '{key}' looks like a secret; secrets never stand in the file, set them in the environment"
            )
        _refuse_secrets(value, origins, here)


def _put(values: dict[str, Any], keys: tuple[str, ...], value: Any, name: str) -> None:
    for key in keys[:-1]:
        values = values.setdefault(key, {})
        if not isinstance(values, dict):
            raise ConfigError(f"{name}: '{key}' is not a section; set it in the file")
    values[keys[-1]] = value


def _parsed(text: str) -> Any:
    """The environment's text as a TOML value where it is one."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _explain(error: ValidationError, origins: Mapping[KeyPath, str]) -> str:
    """The first mistake in one line: where, which key, what is wrong, what to do; and how many more there are."""
    found = sorted(error.errors(), key=lambda details: details["type"] != "extra_forbidden")  # the cause comes first
    problems = list(dict.fromkeys(_problem(details, origins) for details in found))
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return problems[0] + more


def _problem(details: Any, origins: Mapping[KeyPath, str]) -> str:
    loc: KeyPath = tuple(details["loc"])
    if loc and str(loc[-1]) in ("bool", "int", "float", "str"):  # the member of a union that did not fit
        loc = loc[:-1]
    place, dotted = _place(loc, origins), ".".join(map(str, loc))
    kind, context, given = details["type"], details.get("ctx", {}), details.get("input")
    if kind == "extra_forbidden":
        return f"{place}unknown key '{dotted}'{_hint(loc)}"
    if kind == "missing":
        return f"{place}'{dotted}' is missing; add it"
    if kind == "string_pattern_mismatch":
        choices = re.fullmatch(r"\^\(([\w|]+)\)\??\$", context["pattern"])
        wanted = f"use {choices[1].replace('|', ', ')}" if choices else "write three to five capital letters, like USD"
        return f"{place}{dotted}={given!r} is not allowed; {wanted}"
    if kind in ("model_type", "dict_type", "tuple_type", "model_attributes_type"):
        form = "[[strategies]] tables" if dotted == "strategies" else "a [section] or a list of it"
        return f"{place}'{dotted}' must be {form}"
    if kind == "value_error":
        inside = str(context.get("error", details["msg"]))
        if isinstance(given, dict):  # several keys don't fit together: where those that it names were set
            places = [origins[*loc, key] for key in given if (*loc, key) in origins and f"{key} " in inside]
            place = f"{' and '.join(places)}: " if places else place
        return place + (inside if isinstance(given, dict) or str(given) in inside else f"{dotted}={given!r}: {inside}")
    message = str(details["msg"]).replace("Input should be", "it should be")
    return f"{place}{dotted}={given!r}: {_lower_first(message)}"


def _place(loc: KeyPath, origins: Mapping[KeyPath, str]) -> str:
    for length in range(len(loc), 0, -1):
        if loc[:length] in origins:
            return f"{origins[loc[:length]]}: "
    return ""


def _hint(loc: KeyPath) -> str:
    known = sorted(known_keys(loc[:-1]))
    near = nearest(str(loc[-1]), known)
    if near:
        return f"; did you mean '{near}'?"
    elsewhere = [path for path in all_keys() if path.rsplit(".", 1)[-1] == str(loc[-1])]
    if elsewhere:
        return f"; did you mean '{elsewhere[0]}'?"
    return f"; known here: {', '.join(known)}"


def known_keys(path: KeyPath) -> list[str]:
    """Keys that are allowed at ``path``."""
    model: Any = Config
    for part in path:
        if isinstance(part, int):
            continue
        inside = model.model_fields[part].annotation if part in model.model_fields else None
        model = next((t for t in (inside, *get_args(inside)) if _is_model(t)), None)
        if model is None:
            return []
    return list(model.model_fields)


def all_keys() -> Iterator[str]:
    """Every key of the configuration, dotted."""
    for section, about in Config.model_fields.items():
        if _is_model(about.annotation):
            yield from (f"{section}.{key}" for key in known_keys((section,)))
        else:
            yield section


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
