// Puts the page together from the data block. Every text goes in as text, never as markup.
const page = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);

const themes = () => {
  const button = byId("theme"), root = document.documentElement, order = ["auto", "light", "dark"];
  const remember = (value) => { try { localStorage.setItem("consilience-theme", value); } catch { /* private mode */ } };
  const recall = () => { try { return localStorage.getItem("consilience-theme"); } catch { return null; } };
  const apply = (name) => {
    root.dataset.theme = name;
    button.textContent = { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" }[name];
    redrawAll();
  };
  const asked = root.dataset.theme || "auto"; // a page may be published with a fixed theme
  apply(asked === "auto" && order.includes(recall()) ? recall() : asked);
  button.addEventListener("click", () => {
    const name = order[(order.indexOf(root.dataset.theme) + 1) % order.length];
    remember(name);
    apply(name);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  let screen = "auto";
  addEventListener("beforeprint", () => { screen = root.dataset.theme; root.dataset.theme = "light"; redrawAll(); });
  addEventListener("afterprint", () => apply(screen));
};

const tips = () => {
  const show = (e) => {
    const node = e.target.closest?.("[data-tip]");
    if (!node) return;
    const box = node.getBoundingClientRect();
    tooltip.show([], node.dataset.tip, box.left - 10, box.bottom - 8);
  };
  const hide = (e) => e.target.closest?.("[data-tip]") && tooltip.hide();
  for (const [name, act] of [["mouseover", show], ["focusin", show], ["mouseout", hide], ["focusout", hide]]) document.addEventListener(name, act);
};

const tabs = () => {
  for (const group of document.querySelectorAll("[data-tabs]")) {
    const panes = [...group.querySelectorAll("[data-pane]")], bar = group.querySelector(".tab-bar");
    panes.forEach((pane, i) => {
      const button = bar.appendChild(el("button", "tab", pane.dataset.pane));
      button.type = "button";
      const choose = () => {
        panes.forEach((p) => p.classList.toggle("hidden", p !== pane));
        [...bar.children].forEach((b) => b.setAttribute("aria-selected", String(b === button)));
      };
      button.addEventListener("click", choose);
      if (i === 0) choose();
    });
  }
};

const YEAR = 365.25 * DAY_MS;
const SPANS = [["1D", DAY_MS], ["1W", 7 * DAY_MS], ["1M", 30.4 * DAY_MS], ["6M", YEAR / 2], ["1Y", YEAR], ["3Y", 3 * YEAR], ["5Y", 5 * YEAR]];

const spansFor = (total) => SPANS.filter(([, span]) => span < total * 0.95).slice(-4);

const curves = () => {
  const c = page.curve;
  if (!c || !c.t.n) return;
  const t = unpackTimes(c.t), shared = { daily: page.daily };
  const view = new View(t[0], t[t.length - 1], Math.max(60000, (t[t.length - 1] - t[0]) / t.length * 8));
  const money = (v) => `${num(v, page.moneyDecimals)} ${page.currency}`;
  const line = (name, packed, color, more) => ({ name, t, v: unpack(packed), color, format: money, on: true, ...more });
  const equity = [line("Equity", c.equity, "--line", { glow: true })];
  if (c.bench) equity.push(line(c.benchName, c.bench, "--bench", { dash: true }));
  equity.push(line("Cash", c.cash, "--cash", { on: false, thin: true }));
  const falls = c.falls.map((f, i) => ({ from: f.peak, to: f.until, label: String(i + 1) }));
  const under = [line("Drawdown", c.drawdown, "--neg", { kind: "area", thin: true, format: (v) => pct(v) })];
  if (c.benchDrawdown) under.push(line(c.benchName, c.benchDrawdown, "--bench", { dash: true, thin: true, format: (v) => pct(v) }));
  const exposure = [line("Gross exposure", c.exposure, "--line", { kind: "area", thin: true, format: (v) => pct(v, 1) })];
  const halts = c.halts.map((h) => ({ from: h.from, to: h.to, label: "halted" }));
  const top = new LineChart(byId("chart-equity"), view, equity, { ...shared, height: 320, axis: short, marks: halts, label: "Equity over time" });
  new LineChart(byId("chart-drawdown"), view, under, { ...shared, height: 170, axis: shortPct, pinHigh: true, marks: falls, label: "Fall below the highest equity so far" });
  new LineChart(byId("chart-exposure"), view, exposure, { ...shared, height: 130, axis: shortPct, pinLow: true, label: "Gross exposure over time" });
  if (page.rolling.window) {
    const r = page.rolling, rt = unpackTimes(r.t), ratio = (v) => num(v, 2);
    const rolling = [{ name: "Sharpe", t: rt, v: unpack(r.v), color: "--line", format: ratio, on: true }];
    if (r.bench) rolling.push({ name: c.benchName, t: rt, v: unpack(r.bench), color: "--bench", dash: true, thin: true, format: ratio, on: true });
    const chart = new LineChart(byId("chart-rolling"), view, rolling, { ...shared, height: 190, axis: short, zeroLine: true, label: "Rolling Sharpe ratio" });
    legend(byId("legend-rolling"), rolling, () => chart.draw());
  }
  legend(byId("legend-equity"), equity, () => top.draw());
  ranges(byId("ranges-equity"), view, spansFor(t[t.length - 1] - t[0]));
  const log = byId("log-equity");
  log.disabled = !equity[0].v.every((v) => !(v <= 0));
  log.addEventListener("click", () => {
    top.log = !top.log;
    log.setAttribute("aria-pressed", String(top.log));
    top.draw();
  });
};

const histograms = () => {
  for (const [key, what] of [["daily", "Days"], ["trades", "Trades"]]) {
    const h = page.histograms?.[key], host = byId(`chart-hist-${key}`);
    if (h && host && h.counts.length) new BarChart(host, h, { height: 200, axis: short, whole: true, pinLow: true, label: `Histogram of returns: ${what}`, what });
  }
};

// Trades of one symbol with the number of their bars; a fill belongs to the first bar that closes at or after it.
const placed = (trades, bars, data) => trades.map((t) => {
  const who = data.strategies > 1 ? `${t.strategy}: ` : "";
  const last = bars.t.length - 1;
  const from = Math.min(last, lowerBound(bars.t, t.entry)), to = Math.min(last, t.isOpen ? last : lowerBound(bars.t, t.exit));
  return {
    in: from, out: to, yIn: t.entryPrice * bars.f[from], yOut: t.exitPrice * bars.f[to], entry: t.entryPrice, exit: t.exitPrice,
    long: t.side !== "short", open: t.isOpen, pnl: t.pnl, pnlText: `${num(t.pnl, data.moneyDecimals, { signed: true })} ${data.currency}`,
    quantity: quantityText(t.quantity), entryReason: who + (t.entryReason || DASH), exitReason: t.exitReason || DASH,
  };
});

const readBars = (packed) => {
  const flat = unpack(packed.ohlc), n = packed.t.n, t = unpackTimes(packed.t);
  const column = (k) => Float64Array.from({ length: n }, (_, i) => flat[4 * i + k]);
  return { t, o: column(0), h: column(1), l: column(2), c: column(3), f: packed.f ? unpack(packed.f) : new Float64Array(n).fill(1) };
};

const candles = (trades) => {
  const select = byId("candle-symbol");
  if (!select) return () => {};
  const host = byId("chart-candles"), strip = byId("candle-strip"), told = byId("candle-told");
  const layers = [["candles", "Candles", "--up"], ["entries", "Entries", "--long"], ["exits", "Exits", "--pos"], ["paths", "Trade paths", "--bench"]]
    .map(([key, name, color]) => ({ key, name, color, on: true }));
  let view = null;
  const show = (symbol, around) => {
    const packed = page.candles.find((c) => c.symbol === symbol), bars = readBars(packed), n = bars.t.length;
    for (const plot of view ? view.plots : []) allPlots.splice(allPlots.indexOf(plot), 1);
    for (const node of [host, strip, byId("ranges-candles")]) node.replaceChildren();
    view = new View(-0.5, n - 0.5, Math.min(n, 12));
    const mine = placed(trades.filter((t) => t.symbol === symbol), bars, page);
    const note = `${packed.adjusted ? "forward-adjusted prices; tooltips of trades give the raw price" : "raw prices"}${packed.each > 1 ? `; ${num(packed.bars, 0)} bars embedded as candles of ${packed.each}` : ""}`;
    new CandleChart(host, view, bars, mine, layers, {
      height: 400, axis: short, decimals: packed.decimals, daily: page.daily, label: `Candles and trades of ${symbol}`,
      told: (k) => { told.textContent = `${num(mine.length, 0)} trade${mine.length === 1 ? "" : "s"}, ${note}${k > 1 ? `; drawn ${k} to a candle at this zoom` : ""}`; },
    });
    new Navigator(strip, view, bars);
    ranges(byId("ranges-candles"), view, [["60 bars", 60], ["250 bars", 250], ["1000 bars", 1000]]);
    const focus = around ? lowerBound(bars.t, around.entry) : n;
    const end = around ? lowerBound(bars.t, around.isOpen ? bars.t[n - 1] : around.exit) : n;
    const half = Math.max(60, (end - focus) * 0.8);
    if (around) view.set((focus + end) / 2 - half, (focus + end) / 2 + half);
    else if (n > 320) { // where the latest trade is, if the end has none
      const last = mine.length ? Math.min(n, Math.max(...mine.map((t) => t.out)) + 25) : n;
      const end = last > n - 250 ? n : Math.max(250, last);
      view.set(end - 250.5, end - 0.5);
    }
  };
  for (const c of page.candles) select.append(new Option(c.symbol, c.symbol));
  select.addEventListener("change", () => show(select.value));
  legend(byId("legend-candles"), layers, () => view.redraw());
  if (page.candles.length) show(page.candles[0].symbol);
  return (trade) => {
    if (!page.candles.some((c) => c.symbol === trade.symbol)) return;
    select.value = trade.symbol;
    show(trade.symbol, trade);
    byId("trades-on-candles").scrollIntoView({ behavior: "smooth", block: "start" });
  };
};

// Comparison: each run on its own times, all from 100.
const comparison = () => {
  if (!page.runs) return;
  const colors = ["--line", "--run", "--short", "--pos", "--cash", "--neg", "--bench"];
  const series = page.runs.map((r, i) => ({ name: r.name, t: unpackTimes(r.t), v: unpack(r.v), color: colors[i % colors.length], dash: i >= colors.length, format: (v) => num(v, 2), on: true })).filter((s) => s.t.length);
  if (!series.length) return;
  const lo = Math.min(...series.map((s) => s.t[0])), hi = Math.max(...series.map((s) => s.t[s.t.length - 1]));
  const view = new View(lo, hi, (hi - lo) / 400 || DAY_MS);
  const chart = new LineChart(byId("chart-runs"), view, series, { height: 380, axis: short, daily: page.daily, label: "Equity of the runs, rebased to 100" });
  legend(byId("legend-runs"), series, () => chart.draw());
  ranges(byId("ranges-runs"), view, spansFor(hi - lo));
};

themes();
tips();
tabs();
document.querySelectorAll("table.sortable").forEach(sortable);
const trades = page.trades ? readTrades(page.trades) : [];
if (byId("chart-equity")) curves();
histograms();
comparison();
waterfalls();
const jump = candles(trades);
if (byId("trade-table") && trades.length) new TradeTable(byId("trade-table"), trades, page, jump);
