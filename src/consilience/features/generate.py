"""Kernels from steps: the source of one importable module for each feature, made from its one step function.

A step kernel has two loops over the same step. Few symbols: symbol outside, time inside, so the state stays in
registers. Many symbols: time outside, symbol inside, so neighbours run side by side. Both give the same bits.

All kernels read their extent from the cursor, int64 [2, S + 2] (see ``clock.py``), so that the arguments of a call
never change and one slice costs one call a node.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from consilience.core.jit import generated_module
from consilience.features.feature import Feature, Kind

_HEAD = '''"""Generated from {module}.{step}; do not edit."""

from consilience.core.jit import njit
from consilience.features.arithmetic import bare, inlined
from {module} import {step} as _plain

step = {fold}(_plain)


@{kernel}
'''


def _joined(parts: list[str]) -> str:
    return ", ".join(parts)


def _unpack(names: list[str], source: str) -> str:
    """An assignment that unpacks a tuple, or renames when there is one."""
    if not names:
        return ""
    return f"    {_joined(names)} = {source}\n" if len(names) > 1 else f"    {names[0]} = {source}\n"


def _masked_row(call: str, load: str, state: int, write: list[str]) -> list[str]:
    """One slice in which some symbols are masked: all run side by side, and those keep their state."""
    keep = [f"memory[{n}, s] = after[{n}] if went else state[{n}]" for n in range(state)]
    inside = [load, "i = k", call, *(["went = cursor[1, s] > 0"] if state else []), *keep, *write]
    loop = ["k = 0", "for s in range(symbols):", *(f"    {part}" for part in inside if part), "return"]
    return ["if cursor[0, symbols + 1] == 2:", *(f"    {part}" for part in loop)]


def _step_source(feature: Feature) -> str:
    inputs = [f"x{n}" for n in range(len(feature.spec.inputs))]
    params = [f"p{n}" for n in range(len(feature.spec.params))]
    state = len(feature.initial)
    outs = len(feature.outputs)
    arguments = ["i", "s", *inputs, *params]
    value = "value" if outs == 1 else "values"
    call_state = f"step({_joined(['state', *arguments])})"
    call = f"state, {value} = {call_state}" if state else f"{value} = step({_joined(arguments)})"
    load = f"state = ({_joined([f'memory[{n}, s]' for n in range(state)])},)" if state else ""
    store = [f"memory[{n}, s] = state[{n}]" for n in range(state)]
    write = ["out[0, k, s] = value"] if outs == 1 else [f"out[{n}, k, s] = values[{n}]" for n in range(outs)]
    windowed = feature.lookback is not None
    many_row = "(start + k) & mask" if windowed else "k"
    few_row = "(first + k) & mask" if windowed else "k"
    first = "first = start if start >= 0 else cursor[0, s]" if windowed else ""

    def lines(depth: int, parts: list[str]) -> str:
        return "".join(f"{' ' * depth}{part}\n" for part in parts if part)

    one_row = "" if windowed else lines(4, _masked_row(call.replace("state,", "after,", 1), load, state, write))
    return (
        f"def {feature.name}_nb(x, out, memory, cursor, params):\n"
        + _unpack(inputs, "x")
        + _unpack(["mask", *params], "params" if params else "params[0]")
        + "    symbols = cursor.shape[1] - 2\n"
        + "    start = cursor[0, symbols]\n"
        + "    rows = cursor[1, symbols]\n"
        + "    if cursor[0, symbols + 1] == 1:\n"
        + "        for k in range(rows):\n"
        + f"            i = {many_row}\n"
        + "            for s in range(symbols):\n"
        + lines(16, [load, call, *store, *write])
        + "        return\n"
        + one_row
        + "    dense = cursor[1, symbols + 1]\n"
        + "    for s in range(symbols):\n"
        + lines(8, [first])
        + "        bars = rows if dense else cursor[1, s]\n"
        + lines(8, [load])
        + "        for k in range(bars):\n"
        + f"            i = {few_row}\n"
        + lines(12, [call, *write])
        + lines(8, store)
    )


def _pair_source(feature: Feature) -> str:
    """Two calls of one feature over one symbol in one loop: each waits for its own last value, so both wait at once."""
    inputs = [f"x{n}" for n in range(len(feature.spec.inputs))]
    params = [f"p{n}" for n in range(len(feature.spec.params))]
    lines = [f"def {feature.name}_pair_nb(one, two):"]
    for side, given in (("a", "one"), ("b", "two")):
        mine = [f"{name}_{side}" for name in inputs]
        lines += [f"    x_{side}, out_{side}, memory_{side}, cursor, params_{side} = {given}"]
        lines += [f"    {_joined(mine)} = x_{side}" if len(mine) > 1 else f"    {mine[0]} = x_{side}"] if mine else []
        given_params = ["mask_" + side, *(f"{p}_{side}" for p in params)]
        lines += [f"    {_joined(given_params)} = params_{side}" + ("" if params else "[0]")]
        lines += [f"    state_{side} = ({_joined([f'memory_{side}[{n}, 0]' for n in range(len(feature.initial))])},)"]
    lines += [
        "    first = cursor[0, 1] if cursor[0, 1] >= 0 else cursor[0, 0]",
        "    bars = cursor[1, 1] if cursor[1, 2] else cursor[1, 0]",
        "    for k in range(bars):",
    ]
    for side in ("a", "b"):
        row = f"(first + k) & mask_{side}" if feature.lookback is not None else "k"
        arguments = [f"state_{side}", row, "0", *(f"{n}_{side}" for n in (*inputs, *params))]
        outs = len(feature.outputs)
        lines += [f"        state_{side}, found = step({_joined(arguments)})"]
        lines += [f"        out_{side}[{n}, k, 0] = found" + (f"[{n}]" if outs > 1 else "") for n in range(outs)]
    for side in ("a", "b"):
        lines += [f"    memory_{side}[{n}, 0] = state_{side}[{n}]" for n in range(len(feature.initial))]
    return "\n".join(lines) + "\n"


def _elementwise_source(feature: Feature) -> str:
    names = [f"x{n}" for n in range(len(feature.spec.inputs))]
    return (
        f"def {feature.name}_nb({_joined(names)}, out, cursor):\n"
        "    symbols = cursor.shape[1] - 2\n"
        "    for j in range(cursor[1, symbols] * symbols):\n"
        f"        out[j] = step({_joined([f'{n}[j]' for n in names])})\n"
    )


def _row_source(feature: Feature) -> str:
    keys = ", keys" if feature.kind is Kind.GROUP else ""
    return (
        f"def {feature.name}_nb(x{keys}, out, cursor):\n"
        "    for k in range(cursor[1, cursor.shape[1] - 2]):\n"
        f"        step(x[k]{keys}, out[0, k])\n"
    )


def source_of(feature: Feature) -> str:
    """Text of the feature's generated module."""
    body = {Kind.STEP: _step_source, Kind.ELEMENTWISE: _elementwise_source}.get(feature.kind, _row_source)
    plain = feature.allocates or feature.kind in (Kind.CROSS, Kind.GROUP)  # these make arrays
    how = {"fold": "njit", "kernel": "njit"} if plain else {"fold": "inlined", "kernel": "bare"}
    return _HEAD.format(module=feature.step.__module__, step=feature.step.__name__, **how) + body(feature)


@cache
def pair_kernel_of(feature: Feature) -> Any:
    """The compiled kernel ``<name>_pair_nb`` of two calls over one symbol, each as the arguments of ``kernel_of``."""
    head = _HEAD.format(module=feature.step.__module__, step=feature.step.__name__, fold="inlined", kernel="bare")
    return getattr(generated_module(f"{feature.name}_pair", head + _pair_source(feature)), f"{feature.name}_pair_nb")


@cache
def kernel_of(feature: Feature) -> Any:
    """The compiled kernel ``<name>_nb`` (compiled at its first call, then cached on disk)."""
    return getattr(generated_module(feature.name, source_of(feature)), f"{feature.name}_nb")
