"""One pipeline: the drivers give the same fills, orders, decisions and curves, to the integer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from consilience.core.jit import JIT_ENABLED
from consilience.engine.session import Session
from consilience.strategies.catalog import STRATEGIES
from tests.engine.markets import (
    MARKETS,
    ROWS,
    SETTINGS,
    all_digests,
    market,
    markets_of,
    play,
    same,
    stepped,
    strategy,
)
from tests.examples import cases

CASES = [(m, s) for s in STRATEGIES for m in markets_of(s)]


@pytest.mark.parametrize(("where", "name"), cases(CASES, 2))
def test_callbacks_step_and_partitions_equal_the_loop(where, name):
    panel = market(where)
    reference = play(panel, name)
    assert len(reference.fills) >= (200 if JIT_ENABLED else 10)
    same(reference, play(panel, name, callbacks=True))
    blocks = tuple(np.random.default_rng(7).integers(1, 90, 50).tolist())
    same(reference, play(panel, name, blocks=blocks))
    same(reference, play(panel, name, callbacks=True, blocks=blocks))


@pytest.mark.parametrize(("where", "name", "callbacks"), cases([(*c, f) for c in CASES for f in (False, True)], 7))
def test_live_steps_equal_the_loop(where, name, callbacks):
    panel = market(where)
    same(play(panel, name), stepped(panel, [strategy(name, callbacks=callbacks)], SETTINGS))


def test_two_strategies_in_one_account_in_both_forms():
    panel = market("daily")
    names = list(STRATEGIES)[:2]
    outputs = []
    for forms in ((False, False), (True, True)):
        session = Session(panel, [strategy(n, callbacks=f) for n, f in zip(names, forms, strict=True)], SETTINGS)
        session.run(panel)
        outputs.append(session.output())
    same(*outputs)
    mixed = Session(panel, [strategy(names[0]), strategy(names[1], callbacks=True)], SETTINGS)
    mixed.run(panel)
    same(outputs[0], mixed.output())


def test_a_market_that_is_short_of_cash_shows_it():
    account = play(market("daily"), "moving_average_cross").account[0]
    assert account["shrunk"] > 0


def test_two_threads_equal_a_sequence():
    panel, names = market("minute"), cases(STRATEGIES, 4)
    wanted = [play(panel, name) for name in names]
    with ThreadPoolExecutor(2) as pool:
        for one, other in zip(wanted, pool.map(lambda name: play(panel, name), names), strict=True):
            same(one, other)


def _elsewhere(rows, shift=0, **environment):
    """Digests from a new process."""
    command = [sys.executable, "-m", "tests.engine.markets", str(rows), str(shift)]
    path = os.pathsep.join(["src", *filter(None, [os.environ.get("PYTHONPATH")])])
    env = {**os.environ, "PYTHONPATH": path, **environment}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.compiled
def test_compiled_equals_plain_python_under_two_hash_seeds(repository, monkeypatch):
    monkeypatch.chdir(repository)
    assert _elsewhere(150, NUMBA_DISABLE_JIT="1", PYTHONHASHSEED="1") == all_digests(150)


@pytest.mark.compiled
def test_a_new_process_gives_the_same_and_one_tick_another(repository, monkeypatch):
    monkeypatch.chdir(repository)
    here = all_digests(ROWS)
    assert _elsewhere(ROWS, PYTHONHASHSEED="2") == here
    moved = _elsewhere(ROWS, 1, PYTHONHASHSEED="3")
    changed = {run.split()[0] for run in here if moved[run]["curves"] != here[run]["curves"]}
    assert changed == set(MARKETS)  # a strategy that holds nothing just then may not see the tick, some strategy does
