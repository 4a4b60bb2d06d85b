// Candles with trades on them. x is the bar's number, so nights and weekends take no room.
class CandleChart extends Plot {
  constructor(host, view, bars, trades, layers, options) {
    super(host, view, options);
    Object.assign(this, { bars, trades, layers });
    this.draw();
  }
  get on() { return Object.fromEntries(this.layers.map((l) => [l.key, l.on])); }
  span() { return [Math.max(0, Math.floor(this.view.lo)), Math.min(this.bars.t.length - 1, Math.ceil(this.view.hi))]; }
  // Bars drawn as one candle so that a candle stays at least 4 pixels wide.
  get merge() { return Math.max(1, Math.ceil((this.view.hi - this.view.lo) * 4 / (this.right - this.left))); }
  extent() {
    const [first, last] = this.span();
    let lo = Infinity, hi = -Infinity;
    for (let i = first; i <= last; i++) {
      if (this.bars.l[i] < lo) lo = this.bars.l[i];
      if (this.bars.h[i] > hi) hi = this.bars.h[i];
    }
    return [lo, hi];
  }
  ticks(room) {
    const [first, last] = this.span(), { t } = this.bars, out = [];
    let before = -Infinity;
    for (const [ms, label] of timeTicks(t[first], t[last], room)) {
      const i = lowerBound(t, ms);
      if (i <= last && this.x(i) - before > 48) {
        out.push([i, label]);
        before = this.x(i);
      }
    }
    return out;
  }
  candle(i, k) {
    const { o, h, l, c } = this.bars, end = Math.min(i + k, o.length);
    let high = -Infinity, low = Infinity;
    for (let j = i; j < end; j++) {
      if (h[j] > high) high = h[j];
      if (l[j] < low) low = l[j];
    }
    return { o: o[i], h: high, l: low, c: c[end - 1], mid: (i + end - 1) / 2 };
  }
  paint(g) {
    const k = this.merge, [first, last] = this.span(), on = this.on;
    const step = (this.right - this.left) / (this.view.hi - this.view.lo) * k, body = Math.max(1, Math.min(14, step * 0.68));
    this.options.told?.(k);
    if (on.candles) {
      const up = css("--up"), down = css("--down");
      for (let i = first - first % k; i <= last; i += k) {
        const b = this.candle(i, k), x = this.x(b.mid);
        if (!Number.isFinite(b.c)) continue;
        g.fillStyle = b.c >= b.o ? up : down;
        g.fillRect(x - 0.5, this.y(b.h), 1, Math.max(1, this.y(b.l) - this.y(b.h)));
        const top = this.y(Math.max(b.o, b.c));
        g.fillRect(x - body / 2, top, body, Math.max(1, this.y(Math.min(b.o, b.c)) - top));
      }
    } else {
      g.strokeStyle = css("--line");
      g.lineWidth = 1.4;
      g.beginPath();
      for (let i = first; i <= last; i++) g.lineTo(this.x(i), this.y(this.bars.c[i]));
      g.stroke();
    }
    this.paintTrades(g, on, step);
  }
  paintTrades(g, on, step) {
    const size = Math.max(4.5, Math.min(8, step * 0.8)), edge = css("--panel");
    for (const t of this.trades) {
      if (t.out < this.view.lo - 1 || t.in > this.view.hi + 1) continue;
      const x0 = this.x(t.in), y0 = this.y(t.yIn), x1 = this.x(t.out), y1 = this.y(t.yOut);
      const tone = css(t.pnl >= 0 ? "--pos" : "--neg");
      if (on.paths) {
        g.strokeStyle = tone;
        g.lineWidth = 1.4;
        g.setLineDash(t.open ? [2, 3] : [5, 3]);
        g.beginPath();
        g.moveTo(x0, y0);
        g.lineTo(x1, y1);
        g.stroke();
        g.setLineDash([]);
      }
      g.strokeStyle = edge;
      g.lineWidth = 1.2;
      if (on.entries) {
        const way = t.long ? 1 : -1; // the tip touches the price: from below for a long, from above for a short
        g.fillStyle = css(t.long ? "--long" : "--short");
        g.beginPath();
        g.moveTo(x0, y0);
        g.lineTo(x0 - size, y0 + way * size * 1.7);
        g.lineTo(x0 + size, y0 + way * size * 1.7);
        g.closePath();
        g.fill();
        g.stroke();
      }
      if (on.exits && !t.open) {
        g.fillStyle = tone;
        g.beginPath();
        g.arc(x1, y1, size * 0.8, 0, 7);
        g.fill();
        g.stroke();
      }
    }
  }
  snap(at) {
    const k = this.merge, i = Math.round(at);
    return k === 1 ? i : Math.min(this.bars.t.length - 1, i - i % k + (k - 1) / 2);
  }
  describe(at) {
    const { bars, options } = this, k = this.merge;
    let i = Math.min(bars.t.length - 1, Math.max(0, Math.round(at)));
    i -= i % k;
    const end = Math.min(i + k, bars.t.length) - 1, b = this.candle(i, k);
    const price = (v) => num(v, options.decimals), rows = [["Open", price(b.o)], ["High", price(b.h)], ["Low", price(b.l)], ["Close", price(b.c)]];
    const told = [];
    for (const t of this.trades) {
      const side = t.long ? "long" : "short";
      if (t.in >= i && t.in <= end) told.push([`Enter ${side} ${t.quantity} @ ${price(t.entry)}`, t.entryReason, ""]);
      if (!t.open && t.out >= i && t.out <= end) told.push([`Exit ${side} @ ${price(t.exit)}: ${t.exitReason}`, t.pnlText, t.pnl >= 0 ? "pos" : "neg"]);
    }
    rows.push(...told.slice(0, 8));
    if (told.length > 8) rows.push([`and ${told.length - 8} more`, ""]);
    const title = k === 1 ? dateText(bars.t[i], options.daily) : `${dateText(bars.t[i], options.daily)} to ${dateText(bars.t[end], options.daily)}`;
    return { title, rows };
  }
}

// The whole period in a strip; its window is what the chart shows.
class Navigator {
  constructor(host, view, bars) {
    Object.assign(this, { view, bars, canvas: host.appendChild(el("canvas", "navigator")) });
    view.plots.push(this);
    allPlots.push(this);
    const go = (e) => {
      const mid = view.full[0] + e.offsetX / this.canvas.clientWidth * (view.full[1] - view.full[0]), half = (view.hi - view.lo) / 2;
      view.set(mid - half, mid + half);
    };
    this.canvas.addEventListener("pointerdown", (e) => { this.canvas.setPointerCapture(e.pointerId); this.drag = true; go(e); });
    this.canvas.addEventListener("pointermove", (e) => this.drag && go(e));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => { this.drag = false; });
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }
  draw() {
    const { clientWidth: w, clientHeight: h } = this.canvas, ratio = devicePixelRatio || 1;
    if (!w) return;
    Object.assign(this.canvas, { width: Math.round(w * ratio), height: Math.round(h * ratio) });
    const g = this.canvas.getContext("2d"), { c } = this.bars, n = c.length;
    g.scale(ratio, ratio);
    let lo = Infinity, hi = -Infinity;
    for (const v of c) {
      if (v < lo) lo = v;
      if (v > hi) hi = v;
    }
    g.strokeStyle = css("--bench");
    g.beginPath();
    for (let i = 0; i < n; i += Math.max(1, Math.floor(n / w / 2))) g.lineTo((i + 0.5) / n * w, h - 4 - (c[i] - lo) / (hi - lo || 1) * (h - 8));
    g.stroke();
    const [first, last] = this.view.full, px = (v) => (v - first) / (last - first) * w;
    g.fillStyle = css("--window");
    g.fillRect(px(this.view.lo), 0, Math.max(3, px(this.view.hi) - px(this.view.lo)), h);
    g.strokeStyle = css("--line");
    g.strokeRect(px(this.view.lo) + 0.5, 0.5, Math.max(3, px(this.view.hi) - px(this.view.lo)) - 1, h - 1);
  }
}
