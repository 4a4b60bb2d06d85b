"""Refits of a run as a table, and back with every bit; what was changed since is named."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from consilience.core.codes import Reason
from consilience.core.errors import DataError
from consilience.core.reason_text import REASON_TEXT
from consilience.core.refits import Refit, refit_digest

if TYPE_CHECKING:
    from consilience.research.runs import StoredRun

TABLE = "parameters.parquet"
DIGEST = "parameters"  # what the manifest calls the digest of all refits
_TIME = pl.Datetime("ns", "UTC")
_SCHEMA: dict[str, Any] = {
    "model": pl.String,
    "symbol": pl.String,
    "fitted_to": _TIME,
    "known": _TIME,
    "seed": pl.Int64,
    "outcome": pl.String,
    "reason": pl.Int64,
    "text": pl.String,
    "log_likelihood": pl.Float64,
    "observations": pl.Int64,
    "iterations": pl.Int64,
    "converged": pl.Boolean,
    "names": pl.List(pl.String),
    "values": pl.List(pl.Float64),
    "hash": pl.String,
}


def refits_frame(refits: Sequence[Refit]) -> pl.DataFrame:
    """One row for each refit, in their order. outcome: ``served`` or why it did not. names, values: the parameters.

    hash: of everything in the row.
    """
    return pl.DataFrame([_row(one) for one in refits], schema=_SCHEMA, orient="row")


def _row(refit: Refit) -> tuple[Any, ...]:
    return (
        refit.model,
        refit.symbol,
        refit.training_end_ns,
        refit.ts_known,
        refit.seed,
        outcome(refit),
        refit.reason,
        refit.text,
        refit.log_likelihood,
        refit.observations,
        refit.iterations,
        refit.converged,
        list(refit.values),
        list(refit.values.values()),
        refit.content_hash,
    )


def outcome(refit: Refit) -> str:
    """``served``, or why it did not."""
    return "served" if refit.served else REASON_TEXT[Reason(refit.reason)]


def kept_refits(run: StoredRun) -> tuple[Refit, ...]:
    """The refits of a kept run, compared with their hashes and the manifest; none where it had no fitted model.

    Raises DataError for a table that is missing, that cannot be read or that is not what the run kept.
    """
    digest = run.manifest.digests.get(DIGEST)
    if digest is None:
        return ()
    path = run.folder / TABLE
    again = f"fit again with: consilience replay {run.manifest.run_id} --refit"
    if not path.is_file():
        raise DataError(f"{path} is missing, so the parameters of this run are not known; {again}")
    refits = []
    for number, row in enumerate(_rows(path, again)):
        refit = _refit(row)
        if refit.content_hash != row["hash"]:
            raise DataError(f"{path} was changed: row {number}, {refit.name}, differs from its hash; {again}")
        refits.append(refit)
    if refit_digest(refits) != digest:
        raise DataError(f"{path} was changed: its rows are not those that the manifest knows; {again}")
    return tuple(refits)


def _rows(path: Path, again: str) -> list[dict[str, Any]]:
    try:
        frame = pl.read_parquet(path)
        if dict(frame.schema) != _SCHEMA or any(count.item() for count in frame.null_count()):
            raise DataError(f"{path} was changed: its columns are not those of refits; {again}")
        return frame.with_columns(pl.col("fitted_to", "known").cast(pl.Int64)).to_dicts()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(f"{path} cannot be read ({str(error).splitlines()[0]}); {again}") from error


def _refit(row: dict[str, Any]) -> Refit:
    return Refit(
        model=row["model"],
        symbol=row["symbol"],
        training_end_ns=row["fitted_to"],
        ts_known=row["known"],
        seed=row["seed"],
        reason=row["reason"],
        text=row["text"],
        log_likelihood=row["log_likelihood"],
        observations=row["observations"],
        iterations=row["iterations"],
        converged=row["converged"],
        values=dict(zip(row["names"], row["values"], strict=True)),
    )
