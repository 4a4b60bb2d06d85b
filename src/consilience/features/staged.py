"""An evaluator whose outputs come in stages that share memory: for sweeps, where many sets want a little each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from consilience.core.errors import ReportBug
from consilience.features.block import FeatureBlock
from consilience.features.catalog import feature as find_feature
from consilience.features.evaluator import Evaluator, bars_before
from consilience.features.expression import ALIGN, CONSTANT, INPUT, Node, on_base
from consilience.features.feature import Floats, Ints
from consilience.features.plan import CallKey, Plan, sorted_nodes


class StagedPlan(Plan):
    """A plan whose calls are sorted by the first stage that wants them.

    What one stage alone wants lives in rows of ``table`` that the next stage uses again; state and history stay the
    call's own. table: float64 [N, B, S]. row_of: first row of a call's outputs. marks: calls before each stage.
    """

    # many parameters: those of a plan
    def __init__(
        self,
        stages: Sequence[Sequence[Node]],
        symbols: int,
        block: int,
        slots: Sequence[str],
        groups: Mapping[str, Ints],
    ) -> None:
        self.row_of: dict[CallKey, int] = {}
        self.marks: list[tuple[int, int]] = []
        self._stage_of: dict[int, int] = {}
        self._users: dict[CallKey, set[int]] = {}
        outputs: dict[CallKey, int] = {}
        for number, wanted in enumerate(stages):
            for node in sorted_nodes(wanted):
                self._stage_of.setdefault(node.uid, number)
                if node.timeframe > 0 or node.op == INPUT:
                    continue
                key = self.key_of(node, 0)
                self._users.setdefault(key, set()).add(number)
                outputs[key] = 1 if node.op in (CONSTANT, ALIGN) else len(find_feature(node.op).outputs)
        private = [0] * len(stages)
        shared = 0
        for key, count in outputs.items():
            if self._is_private(key):
                private[min(self._users[key])] += count
            else:
                shared += count
        self._next_shared = max(private, default=0)
        self._next_private = 0
        self.table: Floats = np.full((self._next_shared + shared, block, symbols), np.nan)
        nodes = {n.uid: n for wanted in stages for n in wanted}
        super().__init__(list(nodes.values()), symbols, block, slots, groups)
        while len(self.marks) <= len(stages):
            self.marks.append((len(self.base), len(self.masked)))

    def _order(self, nodes: list[Node]) -> list[Node]:
        return nodes  # by stage

    def _is_private(self, key: CallKey) -> bool:
        return len(self._users[key]) == 1 and key[0] != CONSTANT

    def _add(self, node: Node) -> None:
        while len(self.marks) <= self._stage_of[node.uid]:
            self.marks.append((len(self.base), len(self.masked)))
            self._next_private = 0
        super()._add(node)

    def _room_for(self, key: CallKey, outputs: int, timeframe: int) -> Floats | None:
        if timeframe != 0 or key[0] == INPUT:
            return None
        if self._is_private(key):
            first = self._next_private
            self._next_private += outputs
        else:
            first = self._next_shared
            self._next_shared += outputs
        self.row_of[key] = first
        return self.table[first : first + outputs]


class StagedEvaluator(Evaluator):
    """``begin`` a block, ``run_stage`` each stage in order and read its values before the next, ``end`` the block."""

    _whole = False

    def __init__(
        self, stages: Sequence[Sequence[Node]], symbols: int, *, block: int, slots: Sequence[str] = ()
    ) -> None:
        self._stages = [[on_base(n) for n in wanted] for wanted in stages]
        self._staged: StagedPlan | None = None
        super().__init__([n for wanted in stages for n in wanted], symbols, slots=slots, block=block)

    def _make_plan(self, block: int) -> Plan:
        self._staged = StagedPlan(self._stages, self.symbols, block, self._slots, self._groups)
        return self._staged

    @property
    def plan(self) -> StagedPlan:
        """The plan with its table."""
        if self._staged is None:
            raise ReportBug("the evaluator has no plan yet")
        return self._staged

    def row(self, node: Node) -> int:
        """Row of the table that holds ``node`` after its stage ran over a block without masks; -1 for an input."""
        base = on_base(node)
        row = self.plan.row_of.get(Plan.key_of(base, 0))
        return -1 if row is None else row + base.output

    def warm_up_of(self, node: Node, known: dict[int, int]) -> int:
        """``warm_up`` of many nodes: ``known`` remembers what they have in common."""
        return bars_before(node, 0, known)

    def begin(self, block: FeatureBlock) -> None:
        """Take the next slices in."""
        rows = block.ts.shape[0]
        if rows > self.block:
            raise ReportBug(f"a block of {rows} slices for an evaluator of {self.block}")
        self._rows = rows
        self._begin(block, rows)

    def run_stage(self, number: int) -> None:
        """Compute what stage ``number`` wants and no earlier stage did."""
        plan = self.plan
        first, last = plan.marks[number], plan.marks[number + 1]
        steps = plan.base[first[0] : last[0]] if self._dense else plan.masked[first[1] : last[1]]
        for kernel, args in steps:
            kernel(*args)

    def end(self) -> None:
        """The block is done."""
        self._end(self._rows)

    @property
    def dense(self) -> bool:
        """Whether no slice of the block at hand is masked."""
        return self._dense
