"""Halts of the circuit breaker in words: what a reader is told first."""

from __future__ import annotations

from consilience.research.report.data import HaltNote, ReportData
from consilience.research.report.text import date_text, is_daily, percent

HOW_TO_RESUME = (
    "A halt lasts until a person resumes trading; --resume-after BARS, or resume_after in [account], says after how "
    "many bars somebody would have."
)


def halted_words(data: ReportData) -> tuple[str, str, str] | None:
    """(level, title, text) of the caution: 'stop' where the run ended halted, 'warn' where each halt was resumed."""
    if not data.halts:
        return None
    times = sum(not halt.raised for halt in data.halts)
    often = "once" if times == 1 else "twice" if times == 2 else f"{times:,} times"
    bars, refused = sum(halt.bars for halt in data.halts), sum(halt.refused for halt in data.halts)
    share = percent(bars / max(len(data.equity.ts), 1), 1)
    if data.halts[-1].until_ns:
        first = data.halts[0]
        title = f"Halted {often}, {share} of the bars"
        words = f"First on {_date(data, first.since_ns)}: {first.cause}. {_refused(refused)}; each halt was resumed."
        return "warn", title, words
    first = _last_halt(data.halts)
    cause = first.cause if first is data.halts[-1] else f"{first.cause}, then {data.halts[-1].cause}"
    since = sum(halt.refused for halt in data.halts[data.halts.index(first) :])
    before = f" It had been halted {'once' if times == 2 else f'{times - 1:,} times'} before." if times > 1 else ""
    title = f"HALTED since {_date(data, first.since_ns)}: {cause}"
    return "stop", title, f"{_refused(since)} since then; halted for {share} of the bars.{before} {HOW_TO_RESUME}"


def _last_halt(halts: tuple[HaltNote, ...]) -> HaltNote:
    """Where the halt that lasts began, before it was raised."""
    k = len(halts) - 1
    while k > 0 and halts[k - 1].raised:
        k -= 1
    return halts[k]


def _refused(count: int) -> str:
    if not count:
        return "No entry was refused"
    return f"{count:,} entr{'y was' if count == 1 else 'ies were'} refused"


def _date(data: ReportData, ns: int) -> str:
    return date_text(ns, daily=is_daily(data.timeframe))
