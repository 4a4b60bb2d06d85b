"""The compiled form against plain Python, hash seeds and second processes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consilience.core.jit import JIT_ENABLED
from tests.features.support import digest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
from consilience.core.jit import compile_count
from tests.features.support import digest

print(digest(), compile_count())
"""

pytestmark = [pytest.mark.compiled, pytest.mark.skipif(not JIT_ENABLED, reason="compares with the compiled form")]


def in_a_new_process(**changed: str) -> list[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", **changed}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return done.stdout.split()


def test_plain_python_gives_the_same_bits():
    assert in_a_new_process(NUMBA_DISABLE_JIT="1")[0] == digest()


def test_a_second_process_compiles_nothing_and_gives_the_same_bits_under_another_hash_seed():
    here = digest()
    found, compiled = in_a_new_process(PYTHONHASHSEED="7")
    assert found == here
    assert compiled == "0"
