"""What the agents advise."""

from __future__ import annotations

from consilience.signals.sources._external import Hearsay, external

SOURCE = external(
    Hearsay(
        name="agent_advice",
        summary="Advice of the network of agents after its own consensus, -1 sell .. 1 buy.",
        half_life=4.0,
        maximum_age=24.0,
        why="Advice is about the market as it was when it was given, hence 4 hours; the agents run at least daily, "
        "so 24.",
        sides=("the agents advise to buy", "the agents advise to sell", "the agents advise to wait"),
        document="documents 001 and 003: agents and their consensus",
    ),
    horizon=5,
)
