"""A run repeats itself to the bit, also in another process; and a planted change of one tick is found and named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from consilience.core.errors import ConfigError
from consilience.core.panel import Panel, PriceColumns
from consilience.engine.settings import Settings
from consilience.research.backtest import backtest
from consilience.research.fingerprints import fingerprints, first_data_difference
from consilience.research.paper import paper
from consilience.research.replay import replay, rerun
from consilience.research.runs import RunStore
from tests.research.helpers import Crossing, walk

SCRIPT = """
import json
from consilience.adapters.calendars import market_hours
from consilience.adapters.embedded import market_data
from consilience.market.pipeline import build_panel
from consilience.research.backtest import backtest
from consilience.strategies.catalog import STRATEGIES
run = backtest(build_panel(market_data.bars(), market_hours.schedule), list(STRATEGIES.values()))
m = run.manifest
print(json.dumps([m.digests, m.data_hash, m.config_hash, m.parameter_hash, m.kernel_hash]))
"""


def find(name):
    return {"crossing": Crossing}[name]


def moved(panel: Panel, field: str, row: int, by: int = 1) -> Panel:
    column = getattr(panel.bid, field).copy()
    column[row, 0] += by
    prices: PriceColumns = panel.bid._replace(**{field: column})
    return replace(panel, bid=prices, ask=prices)


def test_another_process_gives_the_same_bits(demo_run):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=True)
    m = demo_run.manifest
    assert json.loads(done.stdout) == [m.digests, m.data_hash, m.config_hash, m.parameter_hash, m.kernel_hash]


def test_replay_of_the_demo_is_the_same(demo, demo_run):
    report = replay(demo_run, lambda manifest: demo)
    assert report.same and report.suspects == ()
    assert report.text().endswith("the same, bit for bit: data, decisions, orders, fills, equity")


@pytest.mark.parametrize("kept", [False, True])
def test_one_tick_is_found_and_named(tmp_path, kept):
    data = walk(300)
    first = backtest(data, Crossing, settings=Settings(record="full"))
    run = RunStore(tmp_path).load(first.save(tmp_path).name) if kept else first
    assert replay(run, lambda manifest: data, find).same
    bought = int(first.output.fills["row"][4])
    report = replay(run, lambda manifest: moved(data, "open", bought), find)
    day = first.fills["time"][4].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert not report.same and report.data is not None and report.outcome is not None
    price = round(first.panel.bid.open[bought, 0] / 100 + 0.01, 2)
    assert report.data.text == f"S0 open first differs at the bar of {day}, where open is now {price:.2f}"
    # with the fill's price move the order's average, later decisions and the equity; the fill is the first of them
    assert f"at {day}" in report.outcome.text and report.outcome.what == "fills"
    assert report.text().startswith(f"{first.run_id}: not the same\ndata: S0 open")


def test_a_change_that_decides_nothing_is_still_a_change_of_data():
    data = walk(300)
    run = backtest(data, Crossing)
    report = replay(run, lambda manifest: moved(data, "high", 200), find)
    assert not report.same and report.outcome is None
    assert "the same decisions, orders, fills and equity" in report.text()


def test_data_of_another_shape_is_named():
    data = walk(100, symbols=2)
    whole, short = fingerprints(data), fingerprints(data.rows(0, 99))
    gone = first_data_difference(whole, short)
    assert gone is not None and (gone.columns, gone.ts) == (("ts",), int(data.ts[99]))
    one = fingerprints(walk(100))
    other = first_data_difference(whole, one)
    assert other is not None and (other.symbol, other.columns) == ("S1", ("symbol",))
    valid = data.valid.copy()
    valid[40, 1] = False
    masked = first_data_difference(whole, fingerprints(replace(data, valid=valid)))
    assert masked is not None and masked == ("S1", ("valid",), int(data.ts[40]))
    fx = replace(data, fx_num=data.fx_num * 2)
    shared = first_data_difference(whole, fingerprints(fx))
    assert shared is not None and (shared.symbol, shared.columns) == ("*", ("fx",))


def test_every_bit_of_every_row_shows():
    data = walk(50)
    prints = fingerprints(data).rows[:, 0]
    for field in ("open", "high", "low", "close"):
        for row in (0, 25, 49):
            assert np.flatnonzero(fingerprints(moved(data, field, row)).rows[:, 0] != prints).tolist() == [row]


def test_suspects_are_named():
    data = walk(100)
    run = backtest(data, Crossing)

    class Changed(Crossing):
        """Long when the close crosses its mean of five bars; needs a warm-up."""

        version = "2"

    Changed.__name__ = "Crossing"
    report = replay(run, lambda manifest: data, lambda name: Changed)
    assert "crossing version was 1, is now 2" in report.suspects
    assert "the text of crossing has changed" in report.suspects
    assert report.same  # the decisions are what they were


def test_paper_is_replayed_as_paper_and_other_modes_are_refused():
    data = walk(100)
    run = paper(data, Crossing, warm_up=30, seed=5)
    report = replay(run, lambda manifest: data, find)
    assert report.same and report.again.manifest == run.manifest
    strange = msgspec.structs.replace(run.manifest, mode="live")
    with pytest.raises(ConfigError, match="mode 'live'"):
        rerun(strange, data, find)
