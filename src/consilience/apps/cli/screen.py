"""``screen``: which symbols the universe lets through at a moment, and why not the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from consilience.apps.cli import options as o
from consilience.apps.cli.shell import Output

if TYPE_CHECKING:
    from consilience.apps.config import Config
    from consilience.research.screening import Listing

At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="A day or a moment in UTC; the last bar by default.")
]
Top = Annotated[int | None, typer.Option("--top", metavar="N", min=0, help="How many are taken; 0 for all that pass.")]
_TYPICAL = {"crypto_spot": "crypto", "crypto_perpetual": "crypto"}
_SHOWN = ("volatility", "momentum", "volume", "trend")


@o.with_options({"config": o.ConfigFile}, o.BARS, o.UNIVERSE)
def screen(
    given: o.Given, *, at: At = None, top: Top = None, as_json: o.AsJson = False, quiet: o.Quiet = False
) -> None:
    """List the members of a universe with scores and ranks, and every other symbol with the reason that excludes it."""
    from consilience.apps import runner
    from consilience.apps.config import is_day, to_profile
    from consilience.core.time import DAY, format_time, parse_time
    from consilience.research.screening import as_document
    from consilience.research.screening import screen as listing_of

    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    config = _with_universe(o.configuration(given).config, out)
    if top is not None:
        changes = {"top": top} if top > 0 else {"top": 0, "max_correlation": 1.0, "decay_minutes": 0.0}
        config = config.model_copy(update={"universe": config.universe.model_copy(update=changes)})
    profile = to_profile(config.universe)
    moment = None
    if at is not None:
        moment = parse_time(at)
        moment += DAY if is_day(at) else 0  # a day is meant whole
    built = runner.load(config)
    for line in runner.quality_lines(built.report):
        out.say(f"data: {line}")
    listing = listing_of(built, profile, moment)
    if at is not None and moment is not None and listing.ts < moment - DAY:
        out.say(f"no bar closes on {at}; the last one before is told, {format_time(listing.ts)}")
    if as_json:
        out.document(as_document(listing))
    else:
        _show(out, listing)


def _with_universe(config: Config, out: Output) -> Config:
    """A configuration that names no universe is screened by the usual one of its instruments."""
    if "universe" in config.model_fields_set and config.universe.model_fields_set:
        return config
    preset = _TYPICAL.get(config.data.kind, "equity")
    out.say(f"no universe is configured; using --universe {preset}")
    return config.model_copy(update={"universe": config.universe.model_copy(update={"preset": preset})})


def _show(out: Output, listing: Listing) -> None:
    from consilience.core.codes import Reason
    from consilience.core.reason_text import REASON_TEXT
    from consilience.core.time import format_time

    out.show(f"{format_time(listing.ts)}, market {listing.regime.lower()}")
    out.show(listing.summary())
    out.show()
    if listing.members:
        heads = ("Rank", "Symbol", "Score", *(name.capitalize() for name in _SHOWN), "ATR", "Surge", "Turnover 24h")
        rows = [
            (
                str(one.rank) if one.rank else "-",
                one.symbol,
                _number(one.score, "{:.1f}"),
                *(_number(one.scores[name], "{:.1f}") for name in _SHOWN),
                _number(one.measures["atr"], "{:.2%}"),
                _number(one.measures["surge"], "{:.0%}"),
                _number(one.measures["turnover"], "{:,.0f}"),
            )
            for one in listing.members
        ]
        out.table(heads, rows, numeric=(0, *range(2, len(heads))))
    else:
        out.show("no symbol is a member; the reasons:")
    if any(one.reason == REASON_TEXT[Reason.SPREAD_UNKNOWN] for one in listing.excluded):
        out.say(
            "next: bars of trades have no spread; import bid/ask bars, give --facts FILE with a column spread, or a "
            'universe file with missing = "pass"'
        )
    if listing.excluded:
        out.show()
        out.table(
            ("Excluded", "Score", "Reason", "Detail"),
            [(one.symbol, _number(one.score, "{:.1f}"), one.reason, one.detail) for one in listing.excluded],
            numeric=(1,),
        )


def _number(value: float, form: str) -> str:
    return "-" if value != value else form.format(value)
