"""Decisions of a run, chosen by symbol, time, gate and reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from consilience.core.codes import Gate, Reason
from consilience.core.errors import ConfigError, NotFound
from consilience.core.reason_text import REASON_TEXT
from consilience.research.replay import Run, frame_of
from consilience.signals.fusion.classes import CONFIDENCE_LEVELS

GATES = tuple(gate.name.lower() for gate in Gate)
LEVELS = {word: floor for floor, word in CONFIDENCE_LEVELS}
SORTS = ("time", "rank", "strength", "confidence", "score")


@dataclass(frozen=True)
class Wanted:
    """Which decisions; what is None or empty leaves all. start_ns, end_ns: times, both included.

    gate: where they ended, ``passed`` for those that became an order. reason: a part of its words, or the name of its
    code (``NOT_CONFIDENT``). level: least level of confidence, one of LEVELS. sort: one of SORTS; of all but ``time``
    the best come first.
    """

    strategy: str = ""
    symbol: str = ""
    start_ns: int | None = None
    end_ns: int | None = None
    gate: str = ""
    reason: str = ""
    level: str = ""
    sort: str = "time"


def chosen_decisions(run: Run, wanted: Wanted) -> pl.DataFrame:
    """The decisions frame of what is wanted, in its order. Raises NotFound for a name that the run does not know,
    ConfigError for a rank where no fused strategy decided."""
    frame, manifest = frame_of(run, "decisions"), run.manifest
    labels = [note.label for note in manifest.strategies]
    if wanted.symbol:
        wanted = replace(wanted, symbol=find_symbol(wanted.symbol, manifest.symbols))
    for kind, name, known in (
        ("strategy", wanted.strategy, labels),
        ("gate", wanted.gate, GATES),
        ("confidence level", wanted.level, LEVELS),
        ("order", wanted.sort, SORTS),
    ):
        if name and name not in known:
            raise NotFound.named(kind, name, known)
    time = pl.col("time").cast(pl.Int64)
    rules = [pl.col(kind) == name for kind, name in _given(wanted).items()]
    if wanted.start_ns is not None:
        rules.append(time >= wanted.start_ns)
    if wanted.end_ns is not None:
        rules.append(time <= wanted.end_ns)
    if wanted.reason:
        rules.append(pl.col("reason").is_in(list(reasons_like(wanted.reason))))
    if wanted.level:
        rules.append(pl.col("confidence").fill_nan(None) >= LEVELS[wanted.level])
    return _sorted(frame.filter(*rules) if rules else frame, wanted.sort)


def _sorted(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    if by == "time":
        return frame
    if by in ("rank", "strength"):
        if by not in frame.columns:
            raise ConfigError(f"this run has no {by}: no fused strategy decided in it; take confidence or score")
        if by == "rank":  # the first of each slice, the strongest of them first
            rank = pl.when(pl.col("rank") > 0).then(pl.col("rank"))
            return frame.sort(rank, -pl.col("strength"), nulls_last=True, maintain_order=True)
    key = pl.col(by).fill_nan(None).abs()
    return frame.sort(-key, nulls_last=True, maintain_order=True)


def find_symbol(name: str, known: Sequence[str]) -> str:
    """The known symbol of that name, or the only one that differs in case alone. Raises NotFound."""
    alike = [symbol for symbol in known if symbol.lower() == name.lower()]
    if name not in known and len(alike) != 1:
        raise NotFound.named("symbol", name, known)
    return name if name in known else alike[0]


def _given(wanted: Wanted) -> dict[str, str]:
    named = {"strategy": wanted.strategy, "symbol": wanted.symbol, "gate": wanted.gate}
    return {kind: name for kind, name in named.items() if name}


def reasons_like(text: str) -> tuple[str, ...]:
    """Words of the reasons that ``text`` names: one by its code, or all whose words hold it, in any case."""
    code = text.strip().upper().replace(" ", "_").replace("-", "_")
    if code in Reason.__members__:
        return (REASON_TEXT[Reason[code]],)
    found = tuple(words for words in REASON_TEXT.values() if words and text.lower() in words.lower())
    if not found:
        raise NotFound.named("reason", text, [reason.name for reason in Reason], "(or give words of one)")
    return found


def decision_rows(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values: times in ISO UTC, NaN as None."""
    plain = frame.with_columns(
        pl.col("time").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"),
        *(pl.col(name).fill_nan(None) for name, kind in frame.schema.items() if kind == pl.Float64),
    )
    return list(plain.iter_rows(named=True))
