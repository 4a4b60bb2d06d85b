"""``bench``: how fast this machine runs the engine."""

from __future__ import annotations

from typing import Annotated

import typer

from consilience.apps.cli.options import AsJson, Device, Quiet
from consilience.apps.cli.shell import Output


def bench(
    *,
    scale: Annotated[
        float, typer.Option("--scale", min=0.01, max=50, help="Length of the made-up data, 1 is usual.")
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the made-up prices.")] = 1,
    device: Device = "cpu",
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """Measure the engine on made-up prices: bars a second, best of three, compiling and loading left out."""
    out = Output(as_json=as_json, quiet=quiet)
    out.announce_compile()
    from consilience.apps.bench import ROUNDS, measures

    if device != "cpu":
        _on_device(out, device, seed, scale)
        return
    out.say("made-up one-minute bars, full order handling, default costs, decisions recorded; one core used")
    rows = []
    for measure in measures(seed, scale):
        rows.append(measure)
        out.show(
            f"{measure.name:<42}{measure.rate:>14,.0f} bars/s   {measure.items:>10,} bars, {measure.fills:,} fills"
        )
    if as_json:
        out.document(
            {
                "rounds": ROUNDS,
                "seed": seed,
                "measures": [
                    {"name": m.name, "bars": m.items, "seconds": m.seconds, "bars_per_second": m.rate, "fills": m.fills}
                    for m in rows
                ],
            }
        )
    out.say("compare with other engines by the repository's benchmarks, which run them on the same data")


def _on_device(out: Output, device: str, seed: int, scale: float) -> None:
    """The indicator battery on a GPU beside all cores."""
    from consilience.apps.bench_features import SLICES, rates

    found = []
    for rate in rates(device, seed, scale):
        found.append(rate)
        out.show(f"{rate.name:<42}{rate.values_a_second:>16,.0f} values/s   {rate.symbols:,} symbols")
    if out.as_json:
        rows = [{"name": r.name, "symbols": r.symbols, "values_per_second": r.values_a_second} for r in found]
        out.document({"slices": SLICES, "seed": seed, "device": device, "measures": rows})
