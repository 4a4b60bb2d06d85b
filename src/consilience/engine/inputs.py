"""What expressions read from outside: external series by slot, and whether the run can give what they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from consilience.core.errors import StrategyError, nearest
from consilience.core.time import Timeframe
from consilience.features.expression import INPUT, Node
from consilience.market.slots import FIELDS, feed_of


def slots_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Names of the external series that ``nodes`` are computed from, each once."""
    return tuple(name for node in _with_inputs(nodes) if (name := _slot_name(node)))


def require_inputs(nodes: Iterable[Node], bar_ns: int, feeds: Sequence[str], *, open_slots: bool = False) -> None:
    """Raises StrategyError for a series that no feed of the run fills, and for bars shorter than the run's.

    bar_ns: length of the run's bars, 0 where it is not known. open_slots: series without a feed are allowed.
    """
    for node in _with_inputs(nodes):
        if 0 < node.timeframe < bar_ns:
            own = Timeframe(bar_ns)
            short = f"bar.at('{Timeframe(node.timeframe)}') is shorter than the bars of the run"
            raise StrategyError(f"{short}, {own}; take {own} or longer")
        name = _slot_name(node)
        if name and not open_slots and feed_of(name, feeds) is None:
            raise StrategyError(_no_feed(name, feeds))


def _with_inputs(nodes: Iterable[Node]) -> list[Node]:
    """``nodes`` and all that they are computed from, each once."""
    waiting, met = list(nodes), dict[int, Node]()
    while waiting:
        node = waiting.pop()
        if node.uid not in met:
            met[node.uid] = node
            waiting += node.inputs
    return list(met.values())


def _slot_name(node: Node) -> str:
    """The name of the external series that a node is, or an empty text."""
    name = str(node.params[0]) if node.op == INPUT else ""
    return name.removeprefix("slot:") if name.startswith("slot:") else ""


def _no_feed(name: str, feeds: Sequence[str]) -> str:
    known = [text for feed in feeds for text in (feed, *(f"{feed}.{field}" for field in FIELDS))]
    near = nearest(name, known)
    hint = f"did you mean '{near}'?" if near else "bring a file of it with [data] signals or --signals FILE"
    return f"no external series '{name}' is fed to this run; {hint}"
