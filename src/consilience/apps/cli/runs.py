"""``runs`` and ``report``: the runs that were kept, shown, compared and reported again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson, Quiet
from consilience.apps.cli.shell import Output

if TYPE_CHECKING:
    from consilience.research.runs import RunStore

app = typer.Typer(help="The runs that were kept.", no_args_is_help=True)

Runs = Annotated[Path | None, typer.Option("--folder", metavar="FOLDER", help="Where runs are kept; runs by default.")]
RunName = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="Its id, or the start of it; the last by default.")
]


def store_of(folder: Path | None) -> RunStore:
    """The store in ``folder``, or in the configured one."""
    from consilience.apps.config_file import load_config
    from consilience.research.runs import RunStore

    return RunStore(folder if folder is not None else Path(load_config().config.record.folder))
