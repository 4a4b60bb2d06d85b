"""One worker of a sweep: a group of parameter sets over all blocks of a panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, HaltTrading, StrategyError
from consilience.core.panel import Ints, Panel, Records
from consilience.core.reason_text import REASON_TEXT
from consilience.core.schemas import ACCOUNT_DTYPE, DECISION_DTYPE, FILL_DTYPE, ORDER_DTYPE, STRATEGY_DTYPE
from consilience.engine.book import REQUEST_FIELDS, market_of, new_lanes
from consilience.engine.capital import capital_shares
from consilience.engine.inputs import require_inputs, slots_of
from consilience.engine.membership import Membership
from consilience.engine.settings import Settings, cash_units, config_record, strategy_record, venue_records
from consilience.features.bar import bar
from consilience.features.block import FeatureBlock
from consilience.features.cuda import CudaStages
from consilience.features.expression import Node, lift
from consilience.features.staged import StagedEvaluator
from consilience.market.float_bars import FloatBarMaker
from consilience.market.slots import SlotMaker
from consilience.research.inputs import RunData, first_judged_row
from consilience.research.sweep_nb import DONE, FAULTY, NEEDS_KEEP, SET, STATS_DTYPE, TRIP_DTYPE, Bench, sweep_block_nb
from consilience.strategies.base import Strategy, labels_of
from consilience.strategies.entry import COLUMNS, Entry

SETS_A_STAGE = 16  # their private columns share memory that stays in the second-level cache
ELEMENTS_A_BLOCK = 8192  # values of one column in one block
MOST_ROWS = 4096


def entry_of(strategy: Strategy) -> Entry:
    """What a declarative strategy says. Raises StrategyError when ``define`` gives something else."""
    entry = strategy.define(bar)
    if not isinstance(entry, Entry):
        raise StrategyError(f"{strategy.strategy_name()}.define must return an Entry, not {type(entry).__name__}")
    return entry


class SweepWorker:
    """Runs ``strategies`` (sets) of one class side by side. ``run`` gives STATS_DTYPE rows and final accounts.

    device: "cuda" computes the features on a GPU; the backtests run on the CPU.
    """

    def __init__(
        self,
        parts: RunData,
        strategies: Sequence[Strategy],
        settings: Settings,
        start_ns: int | None,
        device: str = "cpu",
    ) -> None:
        self._parts, self._count, self._strategies = parts, len(strategies), strategies
        self._symbols = parts.panel.shape[1]
        self._rows = max(64, min(MOST_ROWS, ELEMENTS_A_BLOCK // self._symbols, parts.panel.shape[0]))
        entries = [entry_of(s) for s in strategies]
        columns = [{name: lift(v, name) for name, v in e.columns().items()} for e in entries]
        nodes = [node for own in columns for node in own.values()]
        require_inputs(nodes, parts.panel.duration_ns, parts.panel.feeds)
        slots = slots_of(nodes)
        self._slots = SlotMaker(slots, self._symbols) if slots else None
        self._stages = [columns[k : k + SETS_A_STAGE] for k in range(0, len(columns), SETS_A_STAGE)]
        wanted = [list({n.uid: n for c in stage for n in c.values()}.values()) for stage in self._stages]
        self._wanted = wanted
        self._evaluator: StagedEvaluator | CudaStages
        if device == "cuda":
            self._evaluator = CudaStages(wanted, self._symbols, block=self._rows)
        else:
            self._evaluator = StagedEvaluator(wanted, self._symbols, block=self._rows, slots=slots)
        self._bars = FloatBarMaker(self._symbols, self._evaluator.price_fields())
        self._bench = self._new_bench(strategies, entries, settings)
        known: dict[int, int] = {}
        for k, own in enumerate(columns):
            warm_up = max(self._evaluator.warm_up_of(n, known) for n in own.values())
            self._bench.configs[k]["first_decision"] = first_judged_row(parts.panel, start_ns, warm_up)
        self._aligned = np.full((max(len(w) for w in wanted), self._rows, self._symbols), np.nan)
        self._direct = [self._rows_of(k) for k in range(len(wanted))]
        self._copied = [
            _index(stage, {n.uid: row for row, n in enumerate(nodes)})
            for stage, nodes in zip(self._stages, wanted, strict=True)
        ]
        self._curves = np.zeros((3, self._rows), np.int64)
        if settings.universe.follows_trades:
            raise ConfigError(
                "a sweep shares one universe among all sets, so it cannot follow their trades; set decay_minutes = 0 "
                "in [universe], or choose --universe all"
            )
        self._members = Membership(settings.universe, parts.panel)

    def _new_bench(self, strategies: Sequence[Strategy], entries: Sequence[Entry], settings: Settings) -> Bench:
        panel, sets, lanes = self._parts.panel, self._count, self._symbols
        accounts = np.zeros((sets, 1), ACCOUNT_DTYPE)
        accounts["cash"] = accounts["equity"] = cash_units(settings, panel.currencies[0])
        config = config_record(settings, panel, 1)
        config["dense"] = int(panel.dense)
        rules = np.zeros((sets, 1), STRATEGY_DTYPE)
        share = capital_shares(settings, labels_of(strategies[:1]))[0]
        for row, strategy, entry in zip(rules, strategies, entries, strict=True):
            row[0] = strategy_record(strategy, entry, settings, 1, share)
        need = 8 * lanes + 64
        return Bench(
            symbols=venue_records(settings, panel),
            orders=np.zeros(8 * need, ORDER_DTYPE),
            alive=np.zeros(8 * need, np.int64),
            keys=np.zeros(8 * need, np.int64),
            requests=np.zeros((0, len(REQUEST_FIELDS)), np.int64),
            fills=np.zeros(8 * need, FILL_DTYPE),
            records=np.zeros(need, DECISION_DTYPE),
            strategies=rules,
            configs=np.repeat(config[None], sets, axis=0),
            accounts=accounts,
            lanes=np.repeat(new_lanes(1, lanes)[None], sets, axis=0),
            kept=np.zeros((sets, lanes + 7), ORDER_DTYPE),
            stats=np.zeros(sets, STATS_DTYPE),
            trips=np.zeros((sets, lanes), TRIP_DTYPE),
        )

    def _rows_of(self, stage: int) -> Ints | None:
        """Where the stage's columns lie in the evaluator's table, or None when one of them is a bare input."""
        rows = {node.uid: self._evaluator.row(node) for node in self._wanted[stage]}
        return None if min(rows.values()) < 0 else _index(self._stages[stage], rows)

    def run(self, progress: Callable[[int], None] | None = None) -> tuple[Records, Records]:
        """(stats [G], accounts [G]). ``progress`` is called with the set-slices done since the last call."""
        panel = self._parts.panel
        total = panel.shape[0]
        for start in range(0, total, self._rows):
            stop = min(start + self._rows, total)
            self._run_block(panel, start, stop)
            if progress is not None:
                progress((stop - start) * self._count)
        return self._bench.stats, self._bench.accounts[:, 0]

    def _run_block(self, panel: Panel, start: int, stop: int) -> None:
        opens = self._parts.session_open
        evaluator = self._evaluator
        evaluator.begin(
            FeatureBlock(
                ts=panel.ts[start:stop],
                bars=self._bars.make(panel, start, stop),
                valid=panel.valid[start:stop],
                session=panel.session[start:stop],
                session_open=None if opens is None else opens[start:stop],
                duration_ns=panel.duration_ns,
                slots=None if self._slots is None else self._slots.push(panel, start, stop),
                dense=panel.dense,
            )
        )
        block = panel.rows(start, stop)
        codes = self._members.begin(block)
        self._members.push(block, 0, stop - start, None if opens is None else opens[start:stop])
        market = market_of(block, codes)
        for number, wanted in enumerate(self._wanted):
            evaluator.run_stage(number)
            index = self._direct[number]
            if index is not None and evaluator.dense and isinstance(evaluator, StagedEvaluator):
                table = evaluator.plan.table
            else:
                table, index = self._aligned, self._copied[number]
                for row, node in enumerate(wanted):
                    table[row, : stop - start] = evaluator.value(node)
            place = np.array([number * SETS_A_STAGE, stop - start, start, 0, 0, 0], np.int64)
            while True:
                outcome = sweep_block_nb(market, self._bench, table, index, self._curves, place)
                if outcome == DONE:
                    break
                if outcome == FAULTY:
                    self._refuse(int(place[0] + place[SET]))
                self._grow(int(outcome))
        evaluator.end()

    def _refuse(self, number: int) -> NoReturn:
        reason = REASON_TEXT[Reason(int(self._bench.accounts[number]["fault"][0]))]
        raise HaltTrading(f"the run of {self._strategies[number]!r} stopped: {reason}")

    def _grow(self, outcome: int) -> None:
        names = ("kept",) if outcome == NEEDS_KEEP else ("orders", "alive", "keys", "fills")
        changes = {}
        for name in names:
            array: Any = getattr(self._bench, name)
            wider = (len(array), 2 * array.shape[1]) if array.ndim == 2 else (2 * len(array),)
            bigger = np.zeros(wider, array.dtype)
            bigger[tuple(slice(0, n) for n in array.shape)] = array
            changes[name] = bigger
        self._bench = self._bench._replace(**changes)


def _index(stage: Sequence[Mapping[str, Node]], rows: Mapping[int, int]) -> Ints:
    """int64 [sets, 11]: row of each decision column; absent ones point at a row that nothing reads."""
    index = np.zeros((len(stage), len(COLUMNS)), np.int64)
    for k, columns in enumerate(stage):
        for c, name in enumerate(COLUMNS):
            if name in columns:
                index[k, c] = rows[columns[name].uid]
    return index
