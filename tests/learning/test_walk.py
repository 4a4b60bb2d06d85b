"""Refits on the past only: what served and what did not, their hashes, and that the future changes none of them."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest

from consilience.core.codes import Reason
from consilience.core.errors import ConfigError, DataError
from consilience.core.parameters import slot_columns
from consilience.core.refits import Refit, first_difference, parameter_events, refit_digest, refit_lines
from consilience.core.time import format_time
from consilience.learning.regime_model import TERMS, RegimeFitter
from consilience.learning.walk import Schedule, walk
from tests.learning.markets import later_changed, planted

SCHEDULE = Schedule(first=280, every=40)


class Counting:
    """A fitter that tells what it was given, and fails as its rows say."""

    def __init__(self, **ends):
        self.seen, self.ends = [], ends

    def fit(self, panel, training_end_ns, seed):
        rows = panel.shape[0]
        self.seen.append((rows, int(panel.ts[-1]) == training_end_ns, seed))
        end = self.ends.get(f"at{rows}", "served")
        if end == "failed":
            raise DataError("a covariance is not positive definite")
        return {} if end == "too few" else {"rows": float(rows), "converged": float(end != "not converged")}


def test_a_walk_fits_on_schedule_and_each_fit_gets_its_past_alone():
    panel, _ = planted(400)
    fitter = Counting()
    refits = walk(fitter, panel, "counted", SCHEDULE, seed=9)
    assert fitter.seen == [(280, True, 9), (320, True, 9), (360, True, 9), (400, True, 9)]
    events = parameter_events(refits)
    assert [event.values["rows"] for event in events] == [280.0, 320.0, 360.0, 400.0]
    for event, refit in zip(events, refits, strict=True):
        row = int(event.values["rows"]) - 1
        assert event.training_end_ns == event.ts_event == int(panel.ts[row])
        assert event.ts_known == event.training_end_ns + 1 and event.model == "counted"
        assert refit.seed == 9 and refit.served and refit.name == f"counted fitted to {event.version}"
    assert len({event.version for event in events}) == len({event.content_hash for event in events}) == 4


# how single fits end; reasons at 280, 320, 360 and 400; whose parameters are read right after the first three
FAILURES = [
    ({"at320": "not converged"}, [Reason.NONE, Reason.FIT_NOT_CONVERGED, Reason.NONE, Reason.NONE], [280, 280, 360]),
    ({"at280": "too few", "at320": "too few"}, [Reason.FIT_TOO_FEW] * 2 + [Reason.NONE] * 2, [None, None, 360]),
    ({"at320": "failed", "at360": "failed"}, [0, Reason.FIT_FAILED, Reason.FIT_FAILED, 0], [280, 280, 280]),
]


@pytest.mark.parametrize(("ends", "reasons", "serving"), FAILURES)
def test_a_fit_that_is_no_good_is_counted_and_the_last_good_one_stands(ends, reasons, serving):
    panel, _ = planted(400)
    refits = walk(Counting(**ends), panel, "counted", SCHEDULE)
    assert [one.reason for one in refits] == reasons
    column = slot_columns(parameter_events(refits), ["counted.rows"], panel.ts)[0]
    assert np.isnan(column[:280]).all()  # the close that a fit is trained on does not know it yet
    assert [None if math.isnan(v) else v for v in column[[280, 320, 360]].tolist()] == serving
    (line,) = refit_lines(refits)
    missed = sum(1 for reason in reasons if reason)
    assert line.startswith(f"model counted: 4 fits due, {4 - missed} served; {missed} left out: ")
    first = reasons.index(next(reason for reason in reasons if reason))
    assert f"first at {format_time(refits[first].training_end_ns)}" in line
    assert ("a covariance is not positive definite" in line) == ("failed" in ends.values())
    assert line.endswith("the last good parameters stood on, and before the first the model is silent")


def test_all_good_is_one_short_line_and_no_fit_none():
    panel, _ = planted(300)
    assert refit_lines(walk(Counting(), panel, "counted", SCHEDULE)) == ("model counted: 1 fits due, 1 served",)
    assert refit_lines(walk(Counting(), panel, "counted", Schedule(first=301))) == ()


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


def test_a_regime_fit_that_runs_out_of_steps_does_not_serve():
    panel, _ = planted(400)
    short, long = (
        walk(RegimeFitter("gmm", terms=TERMS._replace(iterations=n, restarts=1)), panel, "regime_gmm", SCHEDULE)
        for n in (2, TERMS.iterations)
    )
    assert [one.reason for one in short] == [Reason.FIT_NOT_CONVERGED] * 4 and all(one.iterations == 2 for one in short)
    assert all(one.served and one.converged and one.iterations > 2 for one in long)
    assert parameter_events(short) == [] and len(parameter_events(long)) == 4


ONE = Refit(
    model="m", training_end_ns=5, ts_known=6, seed=3, log_likelihood=-1.5, observations=9, iterations=4, converged=True,
    values={"a": 1.0, "b": 2.0},
)  # fmt: skip
CHANGES = {
    "model": "other", "symbol": "X", "training_end_ns": 4, "ts_known": 7, "seed": 4, "reason": 351, "text": "no",
    "log_likelihood": math.nextafter(-1.5, 0.0), "observations": 8, "iterations": 5, "converged": False,
    "values": {"a": 1.0, "b": math.nextafter(2.0, 3.0)},
}  # fmt: skip


@pytest.mark.parametrize("field", Refit.__struct_fields__)
def test_the_hash_is_of_every_bit_and_the_change_is_named(field):
    other = msgspec.structs.replace(ONE, **{field: CHANGES[field]})
    assert other.content_hash != ONE.content_hash and refit_digest([other]) != refit_digest([ONE])
    found = first_difference([ONE, ONE], [ONE, other])
    named = "b was 2.0, is now 2.0000000000000004" if field == "values" else f"{field} was {getattr(ONE, field)}"
    assert found is not None and found[0] == min(5, other.training_end_ns) and named in found[1]


def test_missing_and_new_refits_are_named_and_the_order_of_values_is_not():
    turned = msgspec.structs.replace(ONE, values={"b": 2.0, "a": 1.0})
    assert turned.content_hash == ONE.content_hash and first_difference([ONE], [turned]) is None
    assert refit_digest([ONE]) != refit_digest([ONE, ONE]) != refit_digest([])
    name = "m fitted to 1970-01-01T00:00:00.000000005Z"
    assert first_difference([ONE], []) == (5, f"{name} is missing now")
    assert first_difference([], [ONE]) == (5, f"{name} is new")
    minus = [msgspec.structs.replace(ONE, values={"a": zero, "b": 2.0}) for zero in (0.0, -0.0)]
    assert first_difference(minus[:1], minus[1:]) == (5, f"{name}: a was 0.0, is now -0.0")


def test_the_hash_of_an_event_is_of_its_values_alone():
    one, later, other = parameter_events(
        msgspec.structs.replace(ONE, **{name: CHANGES[name] for name in names})
        for names in ((), ("seed",), ("values",))
    )
    assert one.content_hash == later.content_hash != other.content_hash
    (own,) = parameter_events([msgspec.structs.replace(ONE, symbol="X")])
    assert own.values == {"a": {"X": 1.0}, "b": {"X": 2.0}}


@pytest.mark.parametrize("schedule", [Schedule(first=0), Schedule(every=0), Schedule(delay_ns=-1)])
def test_a_schedule_is_checked(schedule):
    panel, _ = planted(120)
    with pytest.raises(ConfigError, match="is no schedule"):
        walk(Counting(), panel, "m", schedule)
