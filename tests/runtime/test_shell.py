"""Paper equals backtest; a session goes on from any record of its journal as if nothing had happened."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from consilience.core.codes import Gate, Reason
from consilience.core.errors import ConfigError, DataError, HaltTrading, NotFound
from consilience.core.events import Command
from consilience.core.jit import JIT_ENABLED
from consilience.engine.fused import Fused
from consilience.engine.session import Session
from consilience.runtime.entries import Kind
from consilience.runtime.journal import Journal, MemoryStore, at_once, verified
from consilience.runtime.slices import Slice
from tests.engine.lockstep import same_but_venue
from tests.engine.markets import SETTINGS, market, strategy
from tests.engine.test_fused import SETTINGS as FULL
from tests.engine.test_fused import balanced
from tests.engine.test_live import Trader as RandomTrader
from tests.runtime.desk import Ticking, desk, run

ROWS = 400 if JIT_ENABLED else 120


def traders():
    return [RandomTrader(5), strategy("trend_following")]


def backtest(panel, strategies, settings=SETTINGS):
    session = Session(panel, strategies, settings)
    session.run(panel)
    return session.output()


@pytest.mark.parametrize("where", ["daily", "bid_ask"])
def test_paper_equals_backtest(where):
    panel = market(where, ROWS)
    shell, store, _ = run(panel, traders(), SETTINGS)
    reference = backtest(panel, traders())
    assert np.count_nonzero(reference.fills["lots"]) > 50
    same_but_venue(reference, shell.trader.session.output())
    kinds = [r.kind for r in store.records]
    assert kinds.count(Kind.SLICE) == kinds.count(Kind.CLOSE) == ROWS
    assert kinds.count(Kind.REPORT) > 50
    lanes = shell.trader.session.book.lanes
    assert sum(abs(v) for v in shell.trader.positions().values()) == int(np.abs(lanes["lots"]).sum())


def test_it_goes_on_from_any_record():
    panel = market("daily", 90)
    names = ("trend_following", "bollinger_mean_reversion")
    strategies = [strategy(n) for n in names]
    _, store, _ = run(panel, strategies, SETTINGS)
    reference = backtest(panel, [strategy(n) for n in names])
    assert np.count_nonzero(reference.fills["lots"]) > 20
    cuts = np.random.default_rng(1).choice(len(store.records), 25, replace=False).tolist()
    last_intents = max(k for k, r in enumerate(store.records) if r.kind == Kind.INTENTS)
    for cut in [*cuts, 1, len(store.records), last_intents, last_intents + 1]:
        again, resumed, found = run(panel, [strategy(n) for n in names], SETTINGS, store.records[:cut])
        assert found.records == cut
        same_but_venue(reference, again.trader.session.output())
        assert len(list(verified(iter(resumed.records)))) == len(resumed.records)
        ids = [i for i in again.trader.ids if i]
        assert len(ids) == len(set(ids))


def test_commands():
    panel = market("daily", ROWS)

    async def main():
        store = MemoryStore()
        shell, broker = desk(panel, [strategy("moving_average_cross")], SETTINGS, store)
        await shell.recover(store.read(), "one")
        row = 0
        while not shell.trader.positions():
            await shell.take(Slice(panel.rows(row, row + 1)))
            row += 1
        told = await shell.command(act("flatten", row))
        assert "closed" in told
        for one in range(row, row + 3):
            await shell.take(Slice(panel.rows(one, one + 1)))
        assert shell.trader.positions() == {}
        for one in range(row + 3, ROWS - 10):
            await shell.take(Slice(panel.rows(one, one + 1)))
        assert shell.trader.positions() == {}, "a halted account opens nothing"
        with pytest.raises(ConfigError, match="say why"):
            await shell.command(Command(ts_event=1, ts_known=1, name="resume", actor="ann", arguments={}))
        with pytest.raises(NotFound, match="did you mean 'resume'"):
            await shell.command(act("resum", row))
        assert "ann resumed" in await shell.command(act("resume", row))
        assert (await broker.state()).positions == ()
        return store, shell.trader.session.output(), ROWS - 10

    store, reference, rows = asyncio.run(main())
    again, _, _ = run(panel, [strategy("moving_average_cross")], SETTINGS, store.records, stop=rows)
    same_but_venue(reference, again.trader.session.output())


def test_a_halt_by_hand_is_logged():
    panel = market("daily", 60)

    async def main():
        shell, _ = desk(panel, [Fused(balanced())], FULL, MemoryStore())
        await shell.recover((), "one")
        for row in range(40):
            await shell.take(Slice(panel.rows(row, row + 1)))
        before = len(shell.trader.session.output().halts)
        for name in ("halt", "halt", "flatten", "resume", "halt"):
            await shell.command(act(name, 41))
        return shell.trader.session.output().halts[before:]

    halts = asyncio.run(main())
    assert halts["level"].tolist() == [1, 3, 1] and set(halts["reason"].tolist()) == {int(Reason.HALT_BY_PERSON)}
    assert (halts["resumed_row"] >= 0).tolist() == [True, True, False]


def test_the_watchlist_changes_while_it_runs():
    panel = market("daily", 60)

    def change(name, **arguments):
        return Command(ts_event=1, ts_known=1, name=name, actor="ann", arguments=arguments)

    async def main():
        store = MemoryStore()
        shell, _ = desk(panel, [Fused(balanced())], FULL, store)
        await shell.recover((), "one")
        for symbol in panel.symbols[1:]:
            assert f"{symbol} is no longer watched" in await shell.command(change("unwatch", symbol=symbol))
        for row in range(60):
            if row == 40:
                await shell.command(change("watch", symbol=panel.symbols[2], weight=2.0))
            await shell.take(Slice(panel.rows(row, row + 1)))
        with pytest.raises(NotFound, match="unknown symbol 'S9'"):
            await shell.command(change("watch", symbol="S9"))
        with pytest.raises(ConfigError, match="weight=-1"):
            await shell.command(change("watch", symbol="S1", weight=-1.0))
        return store, shell.trader.session.output()

    store, output = asyncio.run(main())
    heard = output.records[output.records["gate"] != int(Gate.UNIVERSE)]
    assert set(heard["lane"].tolist()) == {0, 2} and heard["row"][heard["lane"] == 2].min() >= 40
    again, _, _ = run(panel, [Fused(balanced())], FULL, store.records)
    same_but_venue(output, again.trader.session.output())
    plain, _ = desk(panel, [strategy("macd_cross")], SETTINGS, MemoryStore())
    with pytest.raises(ConfigError, match="only fused strategies"):
        plain.trader.command(change("watch", symbol="S1"))


def act(name, ts):
    return Command(ts_event=ts, ts_known=ts, name=name, actor="ann", arguments={"words": "a test"})


def test_one_altered_byte_is_named():
    panel = market("daily", 40)
    _, store, _ = run(panel, [strategy("trend_following")], SETTINGS)
    broken = list(store.records)
    at = len(broken) // 2
    payload = bytearray(broken[at].payload or b"\0")
    payload[-1] ^= 1
    broken[at] = broken[at]._replace(payload=bytes(payload))
    with pytest.raises(DataError, match=f"journal record {broken[at].sequence} was altered"):
        list(verified(iter(broken)))
    with pytest.raises(DataError, match=f"journal record {broken[at].sequence + 1} was altered"):
        list(verified(iter(store.records[:at] + store.records[at + 1 :])))


def test_another_configuration_is_refused():
    panel = market("daily", 40)
    _, store, _ = run(panel, [strategy("trend_following")], SETTINGS)
    with pytest.raises(DataError, match="use the same configuration"):
        run(panel, [strategy("macd_cross")], SETTINGS, store.records)


def test_a_store_that_fails_stops_everything(monkeypatch):
    class Full(MemoryStore):
        def append(self, records):
            if len(self.records) > 30:
                raise OSError("no space left on device")
            super().append(records)

    panel = market("daily", 90)

    async def main():
        store = Full()
        shell, broker = desk(panel, [strategy("trend_following")], SETTINGS, store)
        await shell.recover(store.read(), "one")
        sent = []
        take = broker.take

        def note(order):
            sent.append(order.client_order_id)
            take(order)

        monkeypatch.setattr(broker, "take", note)
        with pytest.raises(HaltTrading, match="no space left"):
            for row in range(90):
                await shell.take(Slice(panel.rows(row, row + 1)))
        with pytest.raises(HaltTrading):
            shell.journal.add(Kind.CLOSE, b"")
        return store, sent

    store, sent = asyncio.run(main())
    kept = b"".join(r.payload for r in store.records if r.kind == Kind.INTENTS)
    assert all(client_id.encode() in kept for client_id in sent), "nothing left that the journal does not hold"


def test_many_records_one_commit():
    async def main():
        store = MemoryStore()
        journal = Journal(store, Ticking(), runner=at_once)
        for _ in range(1000):
            journal.add(Kind.CLOSE, b"")
        await journal.settle(500)
        assert journal.commits == 1 and journal.durable == 1000 == len(store.records)
        await journal.settle()
        assert journal.commits == 1

    asyncio.run(main())
