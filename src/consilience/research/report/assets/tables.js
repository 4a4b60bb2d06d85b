// Sorting for every table that is in the page, and the paged, filtered table of trades.
const sortable = (table) => {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const sort = () => {
      const down = head.getAttribute("aria-sort") !== "descending";
      heads.forEach((h) => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => {
        const cell = row.cells[column], raw = cell.dataset.v;
        return raw === undefined ? cell.textContent.trim().toLowerCase() : raw === "" ? NaN : Number(raw);
      };
      const rows = [...body.rows].map((row) => [key(row), row]);
      rows.sort(([a], [b]) => compareKeys(a, b) * (down ? -1 : 1) || 0);
      const [known, unknown] = [rows.filter(([k]) => k === k), rows.filter(([k]) => k !== k)];
      body.append(...[...known, ...unknown].map(([, row]) => row)); // no value sorts last either way
    };
    clickable(head, sort);
  });
};

const compareKeys = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const clickable = (node, act) => {
  node.tabIndex = 0;
  node.addEventListener("click", act);
  node.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" && e.key !== " ") return;
    e.preventDefault();
    act();
  });
};

const readTrades = (packed) => {
  const names = Object.fromEntries(["strategy", "symbol", "side", "entryReason", "exitReason"].map((k) => [k, unpackNames(packed[k])]));
  const numbers = Object.fromEntries(["entryPrice", "exitPrice", "quantity", "pnl", "ret", "fees", "slippage", "bars", "mae", "mfe", "open"].map((k) => [k, unpack(packed[k])]));
  const entry = unpack(packed.entry), exit = unpack(packed.exit), out = [];
  for (let i = 0; i < packed.n; i++) {
    const row = { at: packed.first + i, entry: entry[i], exit: exit[i] };
    for (const [k, column] of Object.entries(names)) row[k] = column[i];
    for (const [k, column] of Object.entries(numbers)) row[k] = column[i];
    row.isOpen = row.open === 1;
    out.push(row);
  }
  return out;
};

const PAGE = 25;

class TradeTable {
  constructor(host, trades, data, jump) {
    Object.assign(this, { host, trades, data, jump, page: 0, key: "at", down: false, shown: trades });
    const money = (v) => num(v, data.moneyDecimals), signedMoney = (v) => num(v, data.moneyDecimals, { signed: true });
    const price = (v, t) => num(v, data.decimals[t.symbol] ?? 2);
    const when = (v) => dateText(v, data.daily), tone = (v) => (v > 0 ? "pos" : v < 0 ? "neg" : "");
    // key, title, text(value, trade), numeric, tone
    this.columns = [
      ["at", "#", (v) => num(v, 0), 1],
      ["symbol", "Symbol", (v) => v, 0],
      ["side", "Side", (v) => v, 0],
      ["entry", "Entry (UTC)", when, 0],
      ["exit", "Exit (UTC)", (v, t) => (t.isOpen ? "open" : when(v)), 0],
      ["entryPrice", "Entry price", price, 1],
      ["exitPrice", "Exit price", price, 1],
      ["quantity", "Quantity", quantityText, 1],
      ["pnl", `P&L ${data.currency}`, signedMoney, 1, tone],
      ["ret", "Return", (v) => pct(v, 2, true), 1, tone],
      ["fees", "Fees", money, 1],
      ["slippage", "Slippage", money, 1],
      ["bars", "Bars", (v) => num(v, 0), 1],
      ["mae", "MAE", (v) => pct(v), 1],
      ["mfe", "MFE", (v) => pct(v), 1],
      ["entryReason", "Entry reason", (v) => v || DASH, 0],
      ["exitReason", "Exit reason", (v, t) => (t.isOpen ? "still open" : v || DASH), 0],
      ["strategy", "Strategy", (v) => v, 0],
    ];
    this.controls();
    this.head();
    this.body = this.host.querySelector("tbody");
    this.render();
  }
  controls() {
    const find = (name) => this.host.querySelector(`[data-trades="${name}"]`);
    Object.assign(this, { search: find("search"), side: find("side"), outcome: find("outcome"), told: find("told"), back: find("back"), next: find("next") });
    for (const input of [this.search, this.side, this.outcome]) input.addEventListener("input", () => this.filter());
    this.back.addEventListener("click", () => this.turn(-1));
    this.next.addEventListener("click", () => this.turn(1));
  }
  head() {
    const row = this.host.querySelector("thead tr");
    row.replaceChildren();
    for (const [key, title, , numeric] of this.columns) {
      const cell = row.appendChild(el("th", numeric ? "num" : "", title));
      if (key === "mae") cell.dataset.tip = "Maximum adverse excursion: the worst the open trade ever stood, as a share of its entry value.";
      if (key === "mfe") cell.dataset.tip = "Maximum favourable excursion: the best the open trade ever stood, as a share of its entry value.";
      clickable(cell, () => {
        this.down = this.key === key ? !this.down : true;
        this.key = key;
        [...row.cells].forEach((c) => c.removeAttribute("aria-sort"));
        cell.setAttribute("aria-sort", this.down ? "descending" : "ascending");
        this.filter();
      });
    }
  }
  filter() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const side = this.side.value, outcome = this.outcome.value;
    this.shown = this.trades.filter((t) => {
      if (side && t.side !== side) return false;
      if (outcome === "open" ? !t.isOpen : outcome && t.isOpen) return false;
      if ((outcome === "win" && !(t.pnl > 0)) || (outcome === "loss" && !(t.pnl < 0))) return false;
      const text = `${t.symbol} ${t.strategy} ${t.side} ${t.entryReason} ${t.exitReason}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const way = this.down ? -1 : 1, { key } = this;
    const missing = (v) => typeof v === "number" && Number.isNaN(v);
    this.shown.sort((a, b) => missing(a[key]) - missing(b[key]) || compareKeys(a[key], b[key]) * way || a.at - b.at);
    this.page = 0;
    this.render();
  }
  turn(by) {
    this.page += by;
    this.render();
  }
  render() {
    const pages = Math.max(1, Math.ceil(this.shown.length / PAGE));
    this.page = Math.min(Math.max(0, this.page), pages - 1);
    const from = this.page * PAGE, rows = this.shown.slice(from, from + PAGE);
    this.body.replaceChildren(...rows.map((t) => {
      const row = el("tr", "jump");
      for (const [key, , text, numeric, tone] of this.columns) {
        row.appendChild(el("td", `${numeric ? "num " : ""}${tone ? tone(t[key]) : ""}`.trim(), text(t[key], t)));
      }
      row.title = "Show on the chart";
      row.addEventListener("click", () => this.jump(t));
      return row;
    }));
    const sum = this.shown.reduce((total, t) => total + t.pnl, 0);
    this.told.textContent = this.shown.length
      ? `${num(from + 1, 0)} to ${num(from + rows.length, 0)} of ${num(this.shown.length, 0)}, P&L ${num(sum, this.data.moneyDecimals, { signed: true })} ${this.data.currency}`
      : "no trade matches";
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page >= pages - 1;
  }
}
