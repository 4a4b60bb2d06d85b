"""The compile law: cached between processes, generated modules found again, one line on the first compile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consilience.core import jit

PROGRAM = """
from consilience.core import jit, units
lines = []
jit.on_first_compile(lines.append)
source = "from consilience.core.jit import njit\\n@njit\\ndef twice_nb(x):\\n    return 2 * x\\n"
module = jit.generated_module("twice", source)
print(module.twice_nb(21), units.divide_half_even_nb(7, 2), jit.compile_count(), len(lines))
"""
CONSTANTS = """
from consilience.core import jit
source = '''
from consilience.core.jit import njit_bare
@njit_bare
def inner_nb(a, pair, flag):
    return a * pair[0] + (pair[1] if flag else 0)
@njit_bare
def outer_nb(x):
    return inner_nb(2, (x, 3), True) + inner_nb(5, (7, x), False) + inner_nb(x, (1, 2), x > 1)
'''
module = jit.generated_module("constants", source)
print(module.outer_nb(10), module.outer_nb.py_func(10), len(module.inner_nb.signatures))
"""


def run(cache: Path, program: str = PROGRAM, **environment: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "CONSILIENCE_CACHE_DIR": str(cache), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.compiled
def test_the_second_process_compiles_nothing(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert first[:2] == ["42", "4"]
    assert int(first[2]) > 0
    assert first[3] == "1"
    assert run(tmp_path) == ["42", "4", "0", "0"]


@pytest.mark.compiled
def test_a_kernel_is_built_once_for_all_constants(tmp_path: Path) -> None:
    assert run(tmp_path, CONSTANTS) == ["70", "70", "1"]


def test_plain_python_gives_the_same_answers(tmp_path: Path) -> None:
    assert run(tmp_path, NUMBA_DISABLE_JIT="1")[:2] == ["42", "4"]


def test_old_caches_are_dropped_and_the_present_one_kept(tmp_path: Path) -> None:
    for age in range(6):
        folder = tmp_path / f"kernels-old{age}"
        folder.mkdir()
        os.utime(folder, (age, age))
    run(tmp_path)
    left = sorted(p.name for p in tmp_path.glob("kernels-*"))
    assert len(left) == jit.KEEP_CACHES
    assert "kernels-old5" in left
    assert "kernels-old0" not in left


def test_a_generated_module_is_imported_once() -> None:
    source = "ANSWER = 42\n"
    one = jit.generated_module("answer", source)
    assert one is jit.generated_module("answer", source)
    assert one.ANSWER == 42
    assert jit.generated_module("answer", "ANSWER = 43\n") is not one
