"""Refits of a run: what was fitted when and from what, how it ended, and the parameters that served from then on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import msgspec

from consilience.core.codes import Reason
from consilience.core.events import Parameters
from consilience.core.external import EVERY_SYMBOL
from consilience.core.reason_text import REASON_TEXT
from consilience.core.time import format_time


class Refit(msgspec.Struct, frozen=True, kw_only=True):
    """One fit that was due.

    model: its name. symbol: whom it was fitted for, ``*`` for one model of all. training_end_ns: close of the last
    slice that it read. ts_known: when its parameters were known; the first slice that closes then or later reads them.
    seed: of its starts. reason: NONE where it served, else why it did not. text: what the fit itself said of that.
    log_likelihood: of an observation, NaN where nothing was fitted. observations, iterations: how many, 0 where nothing
    was fitted. converged: whether its last step gained too little to go on. values: its parameters by name, also where
    they did not serve.
    """

    model: str
    symbol: str = EVERY_SYMBOL
    training_end_ns: int
    ts_known: int
    seed: int = 0
    reason: int = int(Reason.NONE)
    text: str = ""
    log_likelihood: float = float("nan")
    observations: int = 0
    iterations: int = 0
    converged: bool = False
    values: dict[str, float] = msgspec.field(default_factory=dict)

    @property
    def served(self) -> bool:
        """Whether its parameters entered the run."""
        return self.reason == Reason.NONE

    @property
    def name(self) -> str:
        """``regime_hmm fitted to 2008-09-15T20:00:00Z``, with the symbol where it is of one."""
        whom = "" if self.symbol == EVERY_SYMBOL else f" of {self.symbol}"
        return f"{self.model}{whom} fitted to {format_time(self.training_end_ns)}"

    @property
    def content_hash(self) -> str:
        """Digest of all of it, every bit of every number included."""
        return _digest(self)


def _digest(content: object) -> str:
    return blake2b(msgspec.json.encode(content, order="deterministic"), digest_size=16).hexdigest()


def parameter_events(refits: Iterable[Refit]) -> list[Parameters]:
    """The refits that served, as the events which slots are filled from."""
    return [_event(one) for one in refits if one.served]


def _event(refit: Refit) -> Parameters:
    """Its version is the end of its training, its hash that of its values."""
    own = refit.symbol != EVERY_SYMBOL
    values = {name: {refit.symbol: value} for name, value in refit.values.items()} if own else dict(refit.values)
    return Parameters(
        ts_event=refit.training_end_ns,
        ts_known=refit.ts_known,
        model=refit.model,
        version=format_time(refit.training_end_ns),
        training_end_ns=refit.training_end_ns,
        content_hash=_digest(values),
        values=values,
    )


def refit_digest(refits: Iterable[Refit]) -> str:
    """Digest of refits in their order."""
    return _digest([one.content_hash for one in refits])


def refit_lines(refits: Sequence[Refit]) -> tuple[str, ...]:
    """One line a model for a person: fits that were due, that served, and why the others did not."""
    lines = []
    for model in dict.fromkeys(one.model for one in refits):
        own = [one for one in refits if one.model == model]
        parts = [f"model {model}: {len(own)} fits due, {sum(one.served for one in own)} served"]
        for reason in dict.fromkeys(one.reason for one in own if not one.served):
            missed = [one for one in own if one.reason == reason]
            said = f" ({missed[0].text})" if missed[0].text else ""
            first = format_time(missed[0].training_end_ns)
            parts.append(f"{len(missed)} left out: {REASON_TEXT[Reason(reason)]}{said}, first at {first}")
        if len(parts) > 1:
            parts.append("the last good parameters stood on, and before the first the model is silent")
        lines.append("; ".join(parts))
    return tuple(lines)


def first_difference(old: Sequence[Refit], new: Sequence[Refit]) -> tuple[int, str] | None:
    """(training end in ns, words) of the first refit that is not the same; None where all are."""
    for before, after in zip(old, new, strict=False):
        if before.content_hash != after.content_hash:
            return min(before.training_end_ns, after.training_end_ns), f"{before.name}: {_change(before, after)}"
    if len(old) == len(new):
        return None
    longer, what = (old, "is missing now") if len(old) > len(new) else (new, "is new")
    one = longer[min(len(old), len(new))]
    return one.training_end_ns, f"{one.name} {what}"


def _change(before: Refit, after: Refit) -> str:
    was, now = (msgspec.structs.asdict(one) for one in (before, after))
    was, now = was | was.pop("values"), now | now.pop("values")
    field = next(n for n in {**was, **now} if repr(was.get(n)) != repr(now.get(n)))  # told apart: -0.0, and NaN is NaN
    return f"{field} was {was.get(field)}, is now {now.get(field)}"
