"""Kernel and float law: a planted fault each, beside a clean text."""

from __future__ import annotations

import pytest

from tools.house_check import check_source

CORE = "src/consilience/features/trend/sample.py"
SHELL = "src/consilience/research/sample.py"
HEAD = "import math\nimport numpy as np\nfrom consilience.core.jit import njit\n"

CLEAN = """
@njit
def mean_nb(values):
    total = 0.0
    for i in range(values.shape[0]):
        total += values[i] * values[i]
    return math.sqrt(total / values.shape[0])


def count(mask, columns):
    return mask.sum() + np.sum(mask) + 10 ** columns  # integer
"""


def rules(text: str, path: str = CORE) -> list[str]:
    return [finding.rule for finding in check_source(path, HEAD + text)]


def test_clean_text_passes() -> None:
    assert rules(CLEAN) == []


@pytest.mark.parametrize("decorator", ["njit", "njit()", "jit.njit"])
def test_kernel_name(decorator: str) -> None:
    text = f"from consilience.core import jit\n@{decorator}\ndef fast(x):\n    return x\n"
    assert rules(text) == ["kernel-name"]
    assert rules(text.replace("fast", "fast_nb")) == []


@pytest.mark.parametrize("line", ["import numba", "from numba import njit", "import numba.typed as nt"])
def test_numba_has_one_door(line: str) -> None:
    assert rules(line) == ["numba-import"]
    assert rules(line, SHELL) == ["numba-import"]
    assert rules(line, "src/consilience/core/jit.py") == []
    assert rules(line, "tests/core/test_jit.py") == []


@pytest.mark.parametrize(
    "text",
    [
        "from numba.experimental import jitclass\n@jitclass\nclass A: ...",
        "import numba\nA = numba.experimental.jitclass",
    ],
)
def test_jitclass(text: str) -> None:
    assert "jitclass" in rules(text, "src/consilience/core/jit.py")


FLOAT_FAULTS = [
    "y = np.sum(x)",
    "y = np.mean(x)",
    "y = np.nanstd(x)",
    "y = np.dot(a, b)",
    "y = np.linalg.norm(x)",
    "y = np.add.reduce(x)",
    "y = np.cumsum(x)",
    "y = np.exp(x)",
    "y = np.log1p(x)",
    "y = np.power(x, 2.0)",
    "y = np.sqrt(x)",
    "y = np.tanh(x)",
    "f = np.sin",
    "from numpy import sqrt as root\ny = root(x)",
    "y = x.sum()",
    "y = (a * b).mean(axis=0)",
    "y = a.dot(b)",
    "y = a @ b",
    "a @= b",
]


@pytest.mark.parametrize("text", FLOAT_FAULTS)
def test_float_law(text: str) -> None:
    assert rules(text) == ["float-law"]
    assert rules(f"{text}  # integer") == []
    assert rules(text, SHELL) == []


@pytest.mark.parametrize(
    "text",
    [
        "y = np.add(a, b)",
        "y = np.minimum(a, b).max()",
        "y = np.abs(x)",
        "from consilience.features import ta\ny = ta.sum(x, 10) / ta.std(x, 10)",
    ],
)
def test_float_law_leaves_exact_operations_alone(text: str) -> None:
    assert rules(text) == []


@pytest.mark.parametrize(
    "text", ["f_nb = njit(g, fastmath=True)", "f_nb = njit(g, parallel=True)  # integer", "for i in prange(3): ..."]
)
def test_compiler_freedom(text: str) -> None:
    assert rules(text) == ["float-law"]


@pytest.mark.parametrize("name", ["step", "power_nb"])
@pytest.mark.parametrize("expression", ["x ** 3", "x ** n", "2.0 ** n", "sum(x)", "pow(x, 2)"])
def test_arithmetic_of_kernels(name: str, expression: str) -> None:
    text = f"def {name}(x, n):\n    return {expression}\n"
    assert rules(text) == ["float-law"]
    assert rules(text.replace("\n    return", "\n    return  ").rstrip() + "  # integer\n") == []
    assert rules(text.replace(name, "helper")) == []


def test_exact_powers_in_kernels() -> None:
    assert rules("def a_nb(x):\n    return x * x + math.pow(x, 3.0) + 2**40\n") == []
