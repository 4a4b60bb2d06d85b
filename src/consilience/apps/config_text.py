"""A configuration as text that ``config_file`` reads back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from consilience.apps.config import Config, given_fields


def toml_value(value: Any) -> str:
    """A value as TOML. A JSON text is a TOML text as well."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {toml_value(one)}" for key, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml_value(one) for one in value)}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    plain = name.replace("_", "").replace("-", "")
    return name if plain.isascii() and plain.isalnum() else json.dumps(name)


def toml_text(config: Config) -> str:
    """The whole configuration, defaults included, as a file.

    A [sizing] section that was not given is left out: one that is there asks for the full sizers.
    """
    values = config.model_dump(mode="json", exclude=None if given_fields(config.sizing) else {"sizing"})
    strategies = values.pop("strategies")
    sections = {name: values.pop(name) for name in list(values) if isinstance(values[name], dict)}
    lines = [f"{key} = {toml_value(value)}" for key, value in values.items()]
    for name, section in sections.items():
        lines += ["", f"[{name}]", *(f"{key} = {toml_value(value)}" for key, value in section.items())]
    for strategy in strategies:
        lines += ["", "[[strategies]]", *(f"{key} = {toml_value(value)}" for key, value in strategy.items())]
    return "\n".join(lines) + "\n"
