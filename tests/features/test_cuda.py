"""The CUDA evaluator in Numba's simulator, and what is said where there is no GPU."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consilience.core.errors import ConfigError
from consilience.features import bar, ta
from consilience.features.cuda import CudaEvaluator

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import numpy as np
from consilience.core.errors import StrategyError
from consilience.features import Evaluator, bar, ta
from consilience.features.cuda import CudaEvaluator
from tests.features.support import case, history, kinds, same
from consilience.features.catalog import FEATURES
from consilience.features.feature import Kind

names = [n for n in kinds(Kind.STEP, Kind.ELEMENTWISE, Kind.COMPOSED) if not FEATURES[n].carries]
nodes, refused = [], []
for name in names:
    try:
        CudaEvaluator(case(name), 2, block=1)
        nodes += case(name)
    except StrategyError:
        refused.append(name)
nodes += [ta.sma(ta.ema(bar.close, n), n + 2)[1] * 2.0 for n in range(2, 6)]
block = history(24, 2, seed=1, masked=0.2, unknown=0.02)
cpu, gpu = Evaluator(nodes, 2, block=12), CudaEvaluator(nodes, 2, block=12)
seen = 0
for start, stop in ((0, 12), (12, 13), (13, 24)):
    cpu.push(block.rows(start, stop))
    gpu.push(block.rows(start, stop))
    for node in nodes:
        same(gpu.value(node), cpu.value(node), repr(node))
        seen += int(np.isfinite(cpu.value(node)).sum())
sweep = [ta.sma(bar.close, n) for n in range(2, 30)] + [ta.ema(bar.close, n) for n in range(2, 30)]
wide = CudaEvaluator(sweep, 3, block=24)
print(len(names), ",".join(refused), seen, len(wide._launches))
for node in (ta.rank(bar.close), ta.last(bar.close), bar.at("5m").close, bar.hour):
    try:
        CudaEvaluator([node], 3)
        print("took", node)
    except StrategyError as error:
        print(error)
"""


def in_the_simulator(script: str) -> list[str]:
    variables = {**os.environ, "NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1", "PYTHONWARNINGS": "ignore"}
    variables["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", script], env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.splitlines()


@pytest.mark.plain
def test_every_step_gives_the_same_bits_as_a_device_function():
    numbers, *messages = in_the_simulator(SCRIPT)
    count, refused, *others = numbers.split()
    tried, seen, launches = int(count), *map(int, others)
    assert set(refused.split(",")) == {"multi_timeframe_rsi", "multi_timeframe_supertrend"}  # higher timeframes
    assert tried > 40 and seen > 500
    assert launches == 2  # parameter sets of one feature over one input are one launch
    assert len(messages) == 4 and all("runs on the CPU alone" in m for m in messages)


SWEEP = """
from consilience.apps.bench import walk
from consilience.research.sweep import sweep
from consilience.strategies.moving_average_cross import MovingAverageCross

panel, grid = walk(160, 2, 4), {"fast": [3, 4], "slow": [7, 9]}
cpu = sweep(panel, MovingAverageCross, grid, workers=1).frame
gpu = sweep(panel, MovingAverageCross, grid, device="cuda").frame
assert cpu.equals(gpu), (cpu, gpu)
print(len(gpu), int(gpu["fills"].sum()))
"""
BENCH = """
from consilience.apps import bench_features as made
made.SYMBOLS, made.SLICES, made.A_PUSH, made.ROUNDS = (3,), 8, 4, 1
print(*[(r.name.split(", ")[1], r.symbols, r.values_a_second > 0) for r in made.rates("cuda", 1)])
"""


@pytest.mark.plain
def test_a_sweep_on_cuda_finds_what_it_finds_on_the_cpu():
    sets, fills = map(int, in_the_simulator(SWEEP)[-1].split())
    assert sets == 4 and fills > 8


@pytest.mark.plain
def test_bench_measures_both():
    (line,) = in_the_simulator(BENCH)
    assert "('cuda', 3, True)" in line and "cores', 3, True)" in line


@pytest.mark.plain
@pytest.mark.parametrize("command", ["bench --device cuda", "sweep -s macd_cross -p fast=5,6 --device cuda"])
def test_commands_say_it_in_one_line_too(command):
    variables = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "CUDA_VISIBLE_DEVICES": "-1", "NUMBA_DISABLE_JIT": "1"}
    words = [sys.executable, "-m", "consilience.apps.cli.main", *command.split()]
    done = subprocess.run(words, env=variables, cwd=ROOT, capture_output=True, text=True, check=False)
    errors = [line for line in done.stderr.splitlines() if "CUDA" in line]
    assert done.returncode != 0 and len(errors) == 1 and "no CUDA device" in errors[0]


def test_without_a_gpu_one_line_says_what_is_missing():
    from numba import cuda

    if cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match="no CUDA device: it takes an NVIDIA GPU") as caught:
        CudaEvaluator([ta.ema(bar.close, 5)], 2)
    assert "\n" not in str(caught.value)
