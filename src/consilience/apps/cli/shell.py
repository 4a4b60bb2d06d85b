"""The frame around every command: where text goes, how errors show, exit codes."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.exceptions import Exit, TyperException

from consilience.core.errors import ConsilienceError, nearest

if TYPE_CHECKING:
    from rich.console import Console

EXIT_ERROR = 1
EXIT_USAGE = 4
EXIT_INTERRUPTED = 130
PLAIN_WIDTH = 120
_USAGE_OF_TYPER = 2
# faults of files and disks, which no report helps against: what to do about each
_OTHER_PLACE = "choose another place, or change who may use it"
_OF_THE_MACHINE = {
    errno.EACCES: _OTHER_PLACE,
    errno.EPERM: _OTHER_PLACE,
    errno.EROFS: _OTHER_PLACE,
    errno.ENOTDIR: "a file stands where a folder is wanted; choose another name",
    errno.EEXIST: "something else has that name; choose another",
    errno.EISDIR: "a folder stands where a file is wanted; choose another name",
    errno.ENAMETOOLONG: "choose a shorter one",
    errno.ENOSPC: "make room",
    errno.EDQUOT: "make room",
}


def new_app(text: str) -> typer.Typer:
    """A group of commands. Plain help: rich's takes twice as long to import as everything else together."""
    return typer.Typer(
        help=text, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )


class Output:
    """Where a command's words go: results to stdout, messages to stderr; under ``--json`` stdout has one document."""

    def __init__(self, *, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet

    def say(self, text: str) -> None:
        """One message line on stderr, unless quiet."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """A message that ``--quiet`` does not silence."""
        print(f"warning: {text}", file=sys.stderr, flush=True)

    def show(self, text: str = "") -> None:
        """One line of the result on stdout; nothing under ``--json``."""
        if not self.as_json:
            print(text)

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[int] = ()) -> None:
        """A plain table on stdout, long texts folded."""
        from rich.table import Table
        from rich.text import Text

        grid = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
        for k, head in enumerate(heads):
            right = k in numeric
            grid.add_column(head, overflow="fold", no_wrap=k == 0 or right, justify="right" if right else "left")
        for row in rows:
            grid.add_row(*(Text(text) for text in row))
        self.console().print(grid)

    def document(self, value: Any) -> None:
        """The one JSON document of ``--json``."""
        text = value.decode() if isinstance(value, bytes) else json.dumps(value, indent=2, ensure_ascii=False)
        print(text.rstrip("\n"))

    def console(self) -> Console:
        """A rich console on stdout; a fixed width where that is no terminal."""
        from rich.console import Console

        width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else PLAIN_WIDTH
        return Console(file=sys.stdout, highlight=False, width=width)

    def announce_compile(self) -> None:
        """Say in one line when kernels have to be compiled first."""
        from consilience.core.jit import on_first_compile

        on_first_compile(self.say)

    @contextlib.contextmanager
    def progress(self, label: str) -> Iterator[Callable[[int, int], None] | None]:
        """A bar on stderr, called with (done, of all); None where that is no terminal."""
        if self.quiet or not sys.stderr.isatty():
            yield None
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)


def run(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run ``app`` and give the exit code; every failure is one line on stderr."""
    debug = "--debug" in arguments
    words = [word for word in arguments if word != "--debug"]
    try:
        code = typer.main.get_command(app).main(list(words), prog_name="consilience", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except TyperException as error:
        return _usage(error)
    except ConsilienceError as error:
        if debug:
            traceback.print_exc()
        return fail(str(error), error.exit_code)
    except Exit as error:
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        return fail("stopped", EXIT_INTERRUPTED)
    except BrokenPipeError:  # `consilience ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001  (the outermost frame: a person gets one line, the log the rest)
        return _unexpected(error, debug=debug)


def fail(text: str, code: int) -> int:
    """One error line on stderr."""
    print(f"error: {' '.join(text.split())}", file=sys.stderr, flush=True)
    return code


def _usage(error: TyperException) -> int:
    """A usage error in one line, with the nearest option where one was mistyped."""
    text = error.format_message().partition(" (Possible options: ")[0].rstrip()
    if text.startswith("Usage: "):  # a group without a command: its help
        print(text, file=sys.stderr, flush=True)
        return EXIT_USAGE
    if text.lower().startswith("no such option: "):
        context = getattr(error, "ctx", None)
        known = [name for p in context.command.params for name in p.opts] if context is not None else []
        near = nearest(text.split(": ", 1)[1], known)
        text += f"; did you mean {near}?" if near else "; see --help"
    text = text.replace(". Did you mean ", "; did you mean ").replace("Input should be", "it should be")
    text = text.partition(", unable to parse")[0]
    return fail(text[:1].lower() + text[1:], EXIT_USAGE if error.exit_code == _USAGE_OF_TYPER else error.exit_code)


def _unexpected(error: Exception, *, debug: bool) -> int:
    from consilience.apps.user_faults import user_fault

    if debug:
        traceback.print_exc()
    fault = user_fault(error)
    if fault is not None:
        return fail(f"{fault} (in your strategy; --debug shows where from)", EXIT_USAGE)
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        name = "" if error.filename is None else f" '{error.filename}'"
        return fail(
            f"{os.strerror(error.errno).lower()}:{name or ' on this machine'}; {_OF_THE_MACHINE[error.errno]}",
            EXIT_ERROR,
        )
    place = ""
    if not debug:
        try:
            place = f"; the traceback is in {write_log(error)}"
        except OSError:
            place = "; --debug shows where from"
    return fail(f"unexpected {type(error).__name__}: {error}{place}; please report it", EXIT_ERROR)


def write_log(error: Exception) -> Path:
    """Put an exception's traceback into a file of the user's state folder."""
    from consilience.apps.clock import now_ns

    base = os.environ.get("XDG_STATE_HOME")
    folder = (Path(base) if base else Path.home() / ".local" / "state") / "consilience" / "errors"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now_ns()}.log"
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return path
