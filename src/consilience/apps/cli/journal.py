"""``journal``: the record of a session that keeps its state: checked against its hashes, and shown."""

from __future__ import annotations

from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.apps.cli.options import AsJson
from consilience.apps.cli.shell import Output, new_app

if TYPE_CHECKING:
    from consilience.core.journal import JournalRecord

app = new_app("The journal of a session that keeps its state.")

State = Annotated[Path, typer.Argument(metavar="FOLDER", help="The session's folder, as in: paper --state FOLDER.")]
_LONGEST = 110  # characters of a record's content on one line


@app.command("verify")
def verify(state: State, *, as_json: AsJson = False) -> None:
    """Check every record against the one before: what was altered, dropped or put elsewhere is named."""
    from consilience.apps import wiring
    from consilience.core.time import format_time
    from consilience.runtime.entries import Kind
    from consilience.runtime.journal import verified

    out = Output(as_json=as_json)
    counts: Counter[str] = Counter()
    last = None
    with wiring.open_journal(state, write=False) as store:
        for last in verified(store.read()):
            counts[Kind(last.kind).name.lower()] += 1
    if as_json:
        out.document({"records": sum(counts.values()), "kinds": dict(counts), "hash": last.hash.hex() if last else ""})
        return
    if last is None:
        out.show(f"the journal in '{state}' is empty")
        return
    out.show(
        f"{last.sequence:,} records, whole; the last was written at {format_time(last.ts)}, hash {last.hash.hex()}"
    )
    out.show(", ".join(f"{name} {count:,}" for name, count in counts.most_common()))


@app.command("tail")
def tail(
    state: State,
    *,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many, the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The newest records, oldest of them first."""
    from consilience.apps import wiring
    from consilience.core.time import format_time

    out = Output(as_json=as_json)
    with wiring.open_journal(state, write=False) as store:
        newest = store.last()
        first = 1 if newest is None else max(1, newest.sequence - limit + 1)
        records = deque(store.read(first), maxlen=limit)
    rows = [_row(record) for record in records]
    if as_json:
        out.document({"records": rows})
        return
    lines = [(f"{r['sequence']}", format_time(r["ts"]), r["kind"], str(r["content"])[:_LONGEST]) for r in rows]
    out.table(("Number", "Written", "Kind", "Content"), lines, numeric=(0,))


def _row(record: JournalRecord) -> dict[str, Any]:
    """A record as people read it; of a slice the size alone, because its symbols stand elsewhere."""
    import msgspec

    from consilience.runtime.entries import STRUCTS, Kind, decode

    kind = Kind(record.kind)
    content: Any = f"{len(record.payload):,} bytes" if record.payload else ""
    if kind in STRUCTS:
        plain = msgspec.to_builtins(decode(kind, record.payload))
        content = {name: value for name, value in plain.items() if value not in ("", 0, [], ())}
    return {"sequence": record.sequence, "ts": record.ts, "kind": kind.name.lower(), "content": content}
