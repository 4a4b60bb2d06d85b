"""The orchestrator's steps as tables: what is seen, where the symbol stands after it, and the reason."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consilience.core.codes import FibonacciZone, Reason, TickerState
from consilience.core.errors import ConfigError, NotFound
from consilience.engine.orchestrator import Sight, Stages, go_direct_nb, next_state_nb
from consilience.engine.terms import OrchestratorSettings

READY, SET, GO, COOLDOWN = TickerState
STAGES = Stages(0.62, 0.1, 3, 1, 12, 4, 6, 1 << int(FibonacciZone.EXHAUSTION))
ALLOWED, BLOCKED = int(FibonacciZone.MID_EXPANSION), int(FibonacciZone.EXHAUSTION)


def seen(side=1, confidence=0.7, aligned=3, zone=ALLOWED, traded=False, held=1):
    return Sight(side, confidence, aligned, zone, traded, held)


STEPS = [
    # before, what is seen, after, why
    (READY, seen(confidence=0.62), READY, Reason.NONE),  # must be above, not at
    (READY, seen(confidence=0.63), SET, Reason.SET_REACHED),
    (READY, seen(side=0), READY, Reason.NONE),
    (READY, seen(side=-1), SET, Reason.SET_REACHED),
    (READY, seen(confidence=float("nan")), READY, Reason.NONE),
    (SET, seen(held=0), SET, Reason.NONE),  # one slice at least
    (SET, seen(), GO, Reason.GO_REACHED),
    (SET, seen(aligned=2), SET, Reason.NONE),
    (SET, seen(zone=BLOCKED), SET, Reason.NONE),
    (SET, seen(aligned=2, held=12), READY, Reason.SET_TIMED_OUT),
    (SET, seen(confidence=0.53), GO, Reason.GO_REACHED),  # between fade and threshold it goes on
    (SET, seen(confidence=0.5), READY, Reason.SIGNAL_FADED),
    (SET, seen(side=0), READY, Reason.SIGNAL_FADED),
    (GO, seen(), GO, Reason.NONE),
    (GO, seen(aligned=0), GO, Reason.NONE),  # alignment is asked once
    (GO, seen(held=4), COOLDOWN, Reason.GO_TIMED_OUT),
    (GO, seen(traded=True, side=0), COOLDOWN, Reason.TRADE_EXECUTED),
    (GO, seen(side=0), READY, Reason.SIGNAL_FADED),
    (COOLDOWN, seen(held=5), COOLDOWN, Reason.NONE),
    (COOLDOWN, seen(held=6), READY, Reason.COOLED_DOWN),
    (COOLDOWN, seen(held=6, side=0, confidence=0.0), READY, Reason.COOLED_DOWN),
]


@pytest.mark.parametrize(("before", "sight", "after", "why"), STEPS)
def test_steps(before, sight, after, why):
    assert next_state_nb(int(before), sight, STAGES) == (after, why)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([-1, 0, 1]), st.floats(0, 1), st.integers(0, 6), st.sampled_from(list(FibonacciZone)),
            st.booleans(),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_only_the_four_ways_lead_on(steps):
    ways = {(READY, SET), (SET, GO), (SET, READY), (GO, COOLDOWN), (GO, READY), (COOLDOWN, READY)}
    state, since = int(READY), 0
    for now, (side, confidence, aligned, zone, traded) in enumerate(steps):
        sight = Sight(side, confidence, aligned, int(zone), traded, now - since)
        after, why = next_state_nb(state, sight, STAGES)
        assert (after == state) == (why == 0)
        if after != state:
            assert (TickerState(state), TickerState(after)) in ways
            state, since = after, now
        longest = {SET: STAGES.set_timeout, GO: STAGES.go_timeout, COOLDOWN: STAGES.cooldown}
        if state in longest:
            assert now - since < longest[TickerState(state)] or now == since


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ({"threshold": 1.2}, ConfigError, "orchestrator threshold=1.2 is outside 0.0..1.0"),
        ({"fade": 0.7}, ConfigError, "no signal could fade"),
        ({"set_bars": 12}, ConfigError, "nothing could reach GO"),
        ({"aligned": 0}, ConfigError, "orchestrator aligned=0"),
        ({"zone_blocklist": ("EXHAUSTON",)}, NotFound, "did you mean 'EXHAUSTION'"),
        ({"priorities": {"AAPL": -1.0}}, ConfigError, "priority of AAPL"),
    ],
)
def test_settings_that_cannot_be(given, error, text):
    with pytest.raises(error, match=text):
        OrchestratorSettings(**given)


def test_block_list_as_bits():
    settings = OrchestratorSettings(zone_blocklist=("exhaustion", "COMPRESSION"))
    assert settings.blocked_zones() == (1 << 5) | (1 << 1)


@pytest.mark.parametrize(("score", "goes"), [(0.1, True), (-0.1, True), (0.0, False), (float("nan"), False)])
def test_direct(score, goes):
    assert bool(go_direct_nb(score)) is goes
