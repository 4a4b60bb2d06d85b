"""Refits on the past only: events, their hashes, and that the future changes none of them."""

import math

import pytest

from consilience.core.errors import ConfigError
from consilience.learning.regime_model import TERMS, RegimeFitter
from consilience.learning.walk import Schedule, parameters, walk
from tests.learning.markets import later_changed, planted

SCHEDULE = Schedule(first=280, every=40)


class Counting:
    """A fitter that tells what it was given."""

    def __init__(self):
        self.seen = []

    def fit(self, panel, training_end_ns, seed):
        self.seen.append((panel.shape[0], int(panel.ts[-1]) == training_end_ns, seed))
        return {"rows": float(panel.shape[0])} if panel.shape[0] > 300 else {}


def test_a_walk_fits_on_schedule_and_each_fit_gets_its_past_alone():
    panel, _ = planted(400)
    fitter = Counting()
    events = walk(fitter, panel, "counted", SCHEDULE, seed=9)
    assert fitter.seen == [(280, True, 9), (320, True, 9), (360, True, 9), (400, True, 9)]
    assert [event.values["rows"] for event in events] == [320.0, 360.0, 400.0]  # the first had too little
    for event in events:
        row = int(event.values["rows"]) - 1
        assert event.training_end_ns == event.ts_event == int(panel.ts[row])
        assert event.ts_known == event.training_end_ns + 1 and event.model == "counted"
    assert len({event.version for event in events}) == len({event.content_hash for event in events}) == 3


@pytest.mark.parametrize("kind", ["hmm", "gmm"])
def test_the_future_changes_no_event(kind):
    panel, _ = planted(400)
    fitter = RegimeFitter(kind, window=250, terms=TERMS._replace(restarts=1))
    whole = walk(fitter, panel, f"regime_{kind}", SCHEDULE)
    cut = 361  # the first slice that the third fit does not read
    past = [event for event in whole if event.training_end_ns < panel.ts[cut]]
    assert len(past) == 3 and len(whole) == 4
    assert walk(fitter, panel.rows(0, cut), f"regime_{kind}", SCHEDULE) == past
    other = walk(fitter, later_changed(panel, cut), f"regime_{kind}", SCHEDULE)
    assert other[:3] == past and other[3] != whole[3]


def test_the_hash_is_of_the_values_alone():
    one = parameters("m", {"a": 1.0, "b": {"X": 2.0}}, 5, 6)
    assert one.content_hash == parameters("other", {"b": {"X": 2.0}, "a": 1.0}, 7, 9).content_hash
    assert one.content_hash != parameters("m", {"a": 1.0, "b": {"X": math.nextafter(2.0, 3.0)}}, 5, 6).content_hash


@pytest.mark.parametrize("schedule", [Schedule(first=0), Schedule(every=0), Schedule(delay_ns=-1)])
def test_a_schedule_is_checked(schedule):
    panel, _ = planted(120)
    with pytest.raises(ConfigError, match="is no schedule"):
        walk(Counting(), panel, "m", schedule)
