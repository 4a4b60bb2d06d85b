"""Kernel law and float law: what makes batch, streaming and plain Python agree bit for bit."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tools.house.source import JIT_MODULE, Finding, Source

# NumPy's reductions add in another order than a loop does, and its transcendentals round differently.
_REDUCTIONS = frozenset(
    "average convolve corrcoef correlate cov cumprod cumsum dot einsum inner linalg matmul matvec mean nancumprod "
    "nancumsum nanmean nanprod nanstd nansum nanvar prod std sum tensordot trace trapezoid var vdot vecdot vecmat "
    "cumulative_sum cumulative_prod".split()
)
_TRANSCENDENTALS = frozenset(
    "arccos arccosh arcsin arcsinh arctan arctan2 arctanh acos acosh asin asinh atan atan2 atanh cbrt cos cosh exp "
    "exp2 expm1 float_power hypot log log10 log1p log2 logaddexp logaddexp2 pow power sin sinc sinh sqrt tan "
    "tanh".split()
)
_UFUNC_REDUCTIONS = frozenset({"add", "multiply", "subtract", "divide", "true_divide"})
_METHODS = frozenset({"cumprod", "cumsum", "dot", "mean", "prod", "std", "sum", "trace", "var"})


def kernel_names(source: Source) -> Iterator[Finding]:
    for function in source.functions:
        if source.is_kernel(function) and not function.name.endswith("_nb"):
            todo = f"{function.name} is compiled; name it {function.name}_nb"
            yield Finding(source.path, function.lineno, "kernel-name", todo)


def numba_door(source: Source) -> Iterator[Finding]:
    """Numba enters through core/jit.py alone, and jitclass not at all."""
    if not source.inside:
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute | ast.Name) and source.dotted(node).split(".")[-1] == "jitclass":
            todo = "use a record array; a jitclass compiles in every process"
            yield Finding(source.path, node.lineno, "jitclass", todo)
    if source.inside == "core/jit.py":
        return
    for line, module in source.imports:
        if module.split(".")[0] == "numba":
            todo = f"import njit from {JIT_MODULE}; it sets the cache folder before Numba loads"
            yield Finding(source.path, line, "numba-import", todo)


def float_law(source: Source) -> Iterator[Finding]:
    """NumPy reductions and transcendentals, BLAS and unordered arithmetic in layers 0-4."""
    if not source.in_core:
        return
    for node in source.nodes:
        todo = _float_fault(source, node)
        if todo and isinstance(node, ast.expr | ast.stmt) and not source.marked(node, "integer"):
            yield Finding(source.path, node.lineno, "float-law", todo)


def kernel_arithmetic(source: Source) -> Iterator[Finding]:
    """``**`` and ``sum`` inside kernels and steps of layers 0-4."""
    if not source.in_core:
        return
    for function in source.functions:
        if function.name != "step" and not source.is_kernel(function):
            continue
        for node in ast.walk(function):
            todo = _kernel_fault(node)
            if todo and isinstance(node, ast.expr | ast.stmt) and not source.marked(node, "integer"):
                yield Finding(source.path, node.lineno, "float-law", todo)


def compiler_flags(source: Source) -> Iterator[Finding]:
    """Options that let the compiler reorder floating point; no comment excuses them."""
    if not source.in_core:
        return
    for node in source.nodes:
        if isinstance(node, ast.Call):
            for keyword in node.keywords:
                if keyword.arg in {"fastmath", "parallel"}:
                    todo = f"no {keyword.arg}: it reorders floating point"
                    yield Finding(source.path, node.lineno, "float-law", todo)


def _float_fault(source: Source, node: ast.AST) -> str:
    """What to do about one node, or nothing."""
    match node:
        case ast.BinOp(op=ast.MatMult()) | ast.AugAssign(op=ast.MatMult()):
            return "BLAS sums in its own order; write the loop in a kernel"
        case ast.Call(func=ast.Attribute(attr=attr) as func) if attr in _METHODS:
            # np.sum is found by its name; ta.sum and the like are our own expressions
            if source.dotted(func).startswith(("numpy.", "consilience.")):
                return ""
            return f".{attr}() sums in its own order; loop in a kernel, or mark the line # integer"
        case ast.Attribute() | ast.Name():
            return _name_fault(source.dotted(node))
        case _:
            return ""


def _name_fault(dotted: str) -> str:
    if dotted in {"numba.prange", f"{JIT_MODULE}.prange", "prange"}:
        return "no parallel loops: results must not depend on the number of threads"
    parts = dotted.split(".")
    if parts[0] != "numpy" or len(parts) < 2 or parts[1:] == ["linalg"]:
        return ""
    if parts[1] in _REDUCTIONS or (parts[1] in _UFUNC_REDUCTIONS and len(parts) > 2):
        return f"np.{'.'.join(parts[1:])} sums in its own order; loop in a kernel, or mark the line # integer"
    if parts[1] in _TRANSCENDENTALS:
        return f"np.{parts[1]} rounds differently from compiled code; use the math function inside a kernel"
    return ""


def _kernel_fault(node: ast.AST) -> str:
    match node:
        # measured: compiled x ** 3 differs from Python's in a quarter of the values, x ** 2 in one of a thousand
        case ast.BinOp(left=ast.Constant(value=int()), op=ast.Pow(), right=ast.Constant(value=int())):
            return ""
        case ast.BinOp(op=ast.Pow()) | ast.AugAssign(op=ast.Pow()):
            return "compiled ** rounds differently; write x * x, or math.pow, or mark the line # integer"
        case ast.Call(func=ast.Name(id="sum")):
            return "sum() compensates from Python 3.12 on; write the loop, or mark the line # integer"
        case ast.Call(func=ast.Name(id="pow")):
            return "use math.pow, or mark the line # integer"
        case _:
            return ""
