"""The options that commands share, and how they become a configuration."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.core.errors import ConfigError

if TYPE_CHECKING:
    from consilience.apps.config_file import Loaded
    from consilience.apps.prepare import Prepared

_RUN, _DATA, _MONEY, _OUT = "Run", "Data", "Account and market", "Output"

ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Configuration; consilience.toml here if there is one.")
]
StrategyNames = Annotated[
    list[str] | None,
    typer.Option(
        "--strategy",
        "-s",
        metavar="NAME",
        help="Name, file.py[:Class], or library for all; repeat.",
        rich_help_panel=_RUN,
    ),
]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param", "-p", metavar="[STRATEGY.]NAME=VALUE", help="A strategy parameter; repeat.", rich_help_panel=_RUN
    ),
]
FusionName = Annotated[
    str | None,
    typer.Option(
        "--fusion",
        metavar="NAME|FILE",
        help="Decide by a fusion profile: balanced, signal_weighting, alpha_fusion, ... or a TOML file of one.",
        rich_help_panel=_RUN,
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="The only source of chance.", rich_help_panel=_RUN)]
Source = Annotated[
    str | None,
    typer.Option("--data", metavar="SOURCE", help="demo, catalogue, or a CSV or Parquet file.", rich_help_panel=_DATA),
]
Symbols = Annotated[
    str | None, typer.Option("--symbols", metavar="A,B,...", help="Symbols; all by default.", rich_help_panel=_DATA)
]
TimeframeText = Annotated[
    str | None,
    typer.Option("--timeframe", metavar="1d", help="Bar length; the data's own by default.", rich_help_panel=_DATA),
]
Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="First day.", rich_help_panel=_DATA)]
End = Annotated[str | None, typer.Option("--end", metavar="DATE", help="Last day, whole.", rich_help_panel=_DATA)]
Timerange = Annotated[
    str | None,
    typer.Option(
        "--timerange", metavar="YYYYMMDD-YYYYMMDD", help="Both at once; either side may be open.", rich_help_panel=_DATA
    ),
]
Stamp = Annotated[
    str | None,
    typer.Option("--stamp", metavar="open|close", help="What a file's bar times mark.", rich_help_panel=_DATA),
]
Zone = Annotated[
    str | None, typer.Option("--tz", metavar="ZONE", help="Zone of a file's times, such as UTC.", rich_help_panel=_DATA)
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help="What a file's bars are of: equity, crypto_spot, crypto_perpetual, future, fx_pair, index.",
        rich_help_panel=_DATA,
    ),
]
UniverseName = Annotated[
    str | None,
    typer.Option(
        "--universe", metavar="NAME|FILE", help="all, crypto, equity, or a TOML file of one.", rich_help_panel=_DATA
    ),
]
FactsFile = Annotated[
    str | None,
    typer.Option("--facts", metavar="FILE", help="What was known of the symbols when.", rich_help_panel=_DATA),
]
SignalFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--signals",
        metavar="[NAME=]FILE",
        help="External opinions or series of numbers, by when they were known; repeat.",
        rich_help_panel=_DATA,
    ),
]
Cash = Annotated[float | None, typer.Option("--cash", help="Starting cash.", rich_help_panel=_MONEY)]
Capital = Annotated[
    list[str] | None,
    typer.Option(
        "--capital",
        metavar="STRATEGY=SHARE",
        help="A strategy's slice of equity, such as macd_cross=0.3; repeat. The others share the rest.",
        rich_help_panel=_MONEY,
    ),
]
RiskPreset = Annotated[
    str | None,
    typer.Option("--risk", metavar="PRESET", help="Limits: student, conservative or standard.", rich_help_panel=_MONEY),
]
ResumeAfter = Annotated[
    int | None,
    typer.Option(
        "--resume-after",
        metavar="BARS",
        help="A halt counts as looked at and resumed after so many bars; by default it lasts to the end.",
        rich_help_panel=_MONEY,
    ),
]
Fee = Annotated[str | None, typer.Option("--fee", metavar="MODEL", help="Fee model.", rich_help_panel=_MONEY)]
Slippage = Annotated[
    str | None, typer.Option("--slippage", metavar="MODEL", help="Slippage model.", rich_help_panel=_MONEY)
]
Folder = Annotated[str | None, typer.Option("--folder", metavar="FOLDER", help="The catalogue; data by default.")]
Title = Annotated[str | None, typer.Option("--title", help="Heading of the report.", rich_help_panel=_OUT)]
AsJson = Annotated[
    bool, typer.Option("--json", help="One JSON document on stdout, nothing else.", rich_help_panel=_OUT)
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No messages, only the result.", rich_help_panel=_OUT)]
Device = Annotated[
    str, typer.Option("--device", metavar="cpu|cuda", help="Where features are computed; cuda needs an NVIDIA GPU.")
]

# Groups of options by argument name, for ``with_options``.
RUN: dict[str, Any] = {"config": ConfigFile, "strategy": StrategyNames, "fusion": FusionName, "param": Params}
BARS: dict[str, Any] = {
    "data": Source,
    "symbols": Symbols,
    "timeframe": TimeframeText,
    "start": Start,
    "end": End,
    "timerange": Timerange,
    "stamp": Stamp,
    "tz": Zone,
    "kind": Kind,
}
UNIVERSE: dict[str, Any] = {"universe": UniverseName, "facts": FactsFile}
MARKET: dict[str, Any] = {
    "cash": Cash,
    "capital": Capital,
    "risk": RiskPreset,
    "resume_after": ResumeAfter,
    "fee": Fee,
    "slippage": Slippage,
}
QuoteFiles = Annotated[
    list[str] | None,
    typer.Option(
        "--quotes",
        metavar="FILE",
        help="Recorded quotes whose order flow stands beside the bars; repeat.",
        rich_help_panel=_DATA,
    ),
]
SIGNALS: dict[str, Any] = {"external": SignalFiles, "quotes": QuoteFiles}
LABELS: dict[str, Any] = {"seed": Seed, "title": Title}

Given = Mapping[str, Any]
Command = Callable[..., None]

_KEYS = {
    "risk": "risk.preset",
    "resume_after": "account.resume_after",
    "fusion": "fusion.profile",
    "data": "data.source",
    "symbols": "data.symbols",
    "timeframe": "data.timeframe",
    "start": "data.start",
    "end": "data.end",
    "stamp": "data.stamp",
    "tz": "data.tz",
    "kind": "data.kind",
    "facts": "data.facts",
    "external": "data.signals",
    "quotes": "data.quotes",
    "cash": "account.cash",
    "fee": "execution.fee",
    "slippage": "execution.slippage",
    "seed": "seed",
    "title": "report.title",
    "record": "record.level",
}


def with_options(*groups: Mapping[str, Any]) -> Callable[[Command], Command]:
    """Give a command the options of ``groups``, all None by default, before its own ones.

    The command takes every option's value by name in its first argument, ``given``, and its own ones as arguments too.
    An own option stands in for a shared one of its name.
    """

    def give(command: Command) -> Command:
        own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
        names = {option.name for option in own}
        shared = {name: kind for group in groups for name, kind in group.items() if name not in names}
        options = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
            for name, kind in shared.items()
        ]

        def called(**given: Any) -> None:
            command(given, **{name: given[name] for name in names})

        called.__doc__ = command.__doc__
        called.__signature__ = inspect.Signature([*options, *own])  # type: ignore[attr-defined]  # what typer reads
        return called

    return give


def configuration(given: Given) -> Loaded:
    """File, environment and the command's options, merged. ``given``: the command's arguments by name."""
    from consilience.apps.config_file import load_config

    flags = {key: given.get(name) for name, key in _KEYS.items()}
    if given.get("timerange"):
        if given.get("start") or given.get("end"):
            raise ConfigError("give --timerange or --start and --end, not both")
        flags["data.start"], flags["data.end"] = split_range(given["timerange"])
    if given.get("universe"):
        from consilience.apps.universe_file import universe_flags

        flags.update(universe_flags(given["universe"]))
    if given.get("capital"):
        flags["account.capital"] = parse_shares(given["capital"])
    return load_config(given.get("config"), flags)


def prepared(given: Given, default: Sequence[str] = ()) -> Prepared:
    """The configuration with its strategies made; ``default`` names them where neither options nor file do."""
    from consilience.apps.prepare import prepare

    loaded = configuration(given)
    return prepare(loaded.config, given.get("strategy") or (), parse_params(given.get("param") or ()), default)


def split_range(text: str) -> tuple[str | None, str | None]:
    """Start and end of ``20100101-20121231``, ``20100101-`` or ``-20121231``."""
    match = re.fullmatch(r"(\d{8})?-(\d{8})?", text.strip())
    if not match or not (match[1] or match[2]):
        raise ConfigError(f"--timerange '{text}' is not YYYYMMDD-YYYYMMDD; one side may be left out")
    return match[1], match[2]


def parse_shares(pairs: Sequence[str]) -> dict[str, float]:
    """``strategy=share`` pairs. Raises ConfigError for another form."""
    result = {}
    for pair in pairs:
        name, _, text = pair.rpartition("=")
        try:
            result[name.strip()] = float(text)
        except ValueError:
            name = ""
        if not name.strip():
            raise ConfigError(f"--capital '{pair}' is not STRATEGY=SHARE, such as --capital macd_cross=0.3")
    return result


def parse_params(pairs: Sequence[str]) -> dict[str, Any]:
    """``name=value`` pairs with their values typed. Raises ConfigError for another form."""
    result: dict[str, Any] = {}
    for pair in pairs:
        name, mark, text = pair.partition("=")
        if not mark or not name.strip() or not text.strip():
            raise ConfigError(f"--param '{pair}' is not NAME=VALUE, such as --param fast=5")
        result[name.strip()] = parse_value(text.strip())
    return result


def parse_value(text: str) -> Any:
    """A whole number, number, true or false, or the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
