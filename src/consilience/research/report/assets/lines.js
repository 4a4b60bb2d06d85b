// Curves over time, and bars of a histogram.
class LineChart extends Plot {
  // series: [{name, t, v, color, kind: "line"|"area", dash, format, on}]; marks: [{from, to, label}] shaded spans
  constructor(host, view, series, options) {
    super(host, view, options);
    this.series = series;
    this.marks = options.marks || [];
    this.draw();
  }
  visible(s) {
    return [Math.max(0, lowerBound(s.t, this.view.lo) - 1), Math.min(s.t.length - 1, lowerBound(s.t, this.view.hi))];
  }
  extent() {
    let lo = Infinity, hi = -Infinity;
    for (const s of this.series) {
      if (!s.on) continue;
      const [first, last] = this.visible(s);
      for (let i = first; i <= last; i++) {
        if (s.v[i] < lo) lo = s.v[i];
        if (s.v[i] > hi) hi = s.v[i];
      }
    }
    if (this.options.pinHigh) hi = Math.max(hi, 0);
    if (this.options.pinLow) lo = Math.min(lo, 0);
    return this.options.zeroLine && !this.options.pinHigh ? [Math.min(lo, 0), Math.max(hi, 0)] : [lo, hi];
  }
  ticks(room) { return timeTicks(this.view.lo, this.view.hi, room); }
  paint(g) {
    for (const m of this.marks) {
      const from = this.x(m.from), to = this.x(m.to);
      g.fillStyle = css("--shade");
      g.fillRect(from, this.top, Math.max(1, to - from), this.bottom - this.top);
      g.fillStyle = css("--muted");
      g.textAlign = "left";
      g.textBaseline = "bottom";
      if (to - from > 12 && m.label) g.fillText(m.label, Math.max(from, this.left) + 4, this.bottom - 3);
    }
    for (const s of this.series) if (s.on) this.stroke(g, s);
  }
  stroke(g, s) {
    const [first, last] = this.visible(s), color = css(s.color);
    const path = new Path2D(), fill = new Path2D();
    const base = this.y(s.kind === "area" ? Math.min(Math.max(0, this.yLo), this.yHi) : this.yLo);
    let open = false, lastX = 0;
    for (let i = first; i <= last; i++) {
      const value = s.v[i];
      if (!Number.isFinite(value) || (this.log && value <= 0)) {
        if (open) fill.lineTo(lastX, base);
        open = false;
        continue;
      }
      const x = this.x(s.t[i]), y = this.y(value);
      if (!open) {
        path.moveTo(x, y);
        fill.moveTo(x, base);
      } else path.lineTo(x, y);
      fill.lineTo(x, y);
      [open, lastX] = [true, x];
    }
    if (open) fill.lineTo(lastX, base);
    if (s.kind === "area" || s.glow) {
      const shade = g.createLinearGradient(0, this.top, 0, this.bottom);
      const [near, far] = s.kind === "area" ? ["55", "40"] : ["30", "00"];
      shade.addColorStop(0, color + near);
      shade.addColorStop(1, color + far);
      g.fillStyle = shade;
      g.fill(fill);
    }
    g.strokeStyle = color;
    g.lineWidth = s.thin ? 1.1 : 1.7;
    g.lineJoin = "round";
    g.setLineDash(s.dash ? [5, 4] : []);
    g.stroke(path);
    g.setLineDash([]);
    if (first === last && open) {
      g.fillStyle = color;
      g.fillRect(lastX - 3, this.y(s.v[first]) - 3, 6, 6);
    }
  }
  nearest(s, at) {
    const i = lowerBound(s.t, at);
    if (i === 0) return 0;
    if (i >= s.t.length) return s.t.length - 1;
    return at - s.t[i - 1] < s.t[i] - at ? i - 1 : i;
  }
  dots(g, at) {
    for (const s of this.series) {
      if (!s.on || !s.t.length) continue;
      const i = this.nearest(s, at);
      if (!Number.isFinite(s.v[i])) continue;
      g.fillStyle = css(s.color);
      g.beginPath();
      g.arc(this.x(s.t[i]), this.y(s.v[i]), 3.2, 0, 7);
      g.fill();
    }
  }
  describe(at) {
    const main = this.series.find((s) => s.on && s.t.length);
    if (!main) return null;
    const when = main.t[this.nearest(main, at)];
    const rows = (this.options.tipSeries || this.series)
      .filter((s) => s.on && s.t.length)
      .map((s) => [s.name, s.format(s.v[this.nearest(s, when)])]);
    return { title: dateText(when, this.options.daily), rows };
  }
}

class BarChart extends Plot {
  constructor(host, histogram, options) {
    const { edges } = histogram;
    const width = edges[1] - edges[0], spare = Math.max(0, 8 - histogram.counts.length) / 2 * width; // few bins stay narrow
    const lo = edges[0] - spare, hi = edges[edges.length - 1] + spare;
    super(host, new View(lo, hi, (hi - lo) / 5), options);
    this.histogram = histogram;
    this.draw();
  }
  extent() { return [0, Math.max(...this.histogram.counts)]; }
  ticks(room) {
    const values = niceTicks(this.view.lo, this.view.hi, Math.min(room * 1.7, 9));
    return values.map((v) => [v, shortPct(v, values.length > 1 ? values[1] - values[0] : 0)]);
  }
  paint(g) {
    const { edges, counts } = this.histogram;
    counts.forEach((count, i) => {
      const from = this.x(edges[i]), to = this.x(edges[i + 1]), y = this.y(count);
      const here = this.view.cursor !== null && this.view.cursor >= edges[i] && this.view.cursor < edges[i + 1];
      g.fillStyle = css(edges[i] < -1e-12 ? "--neg" : "--pos") + (here ? "ff" : "b8");
      g.fillRect(from + 0.5, y, Math.max(1, to - from - 1), this.y(0) - y);
    });
  }
  describe(at) {
    const { edges, counts } = this.histogram;
    const i = edges.findIndex((edge, k) => k < counts.length && at >= edge && at < edges[k + 1]);
    if (i < 0) return null;
    const total = counts.reduce((a, b) => a + b, 0);
    return {
      title: `${pct(edges[i])} to ${pct(edges[i + 1])}`,
      rows: [[this.options.what, num(counts[i], 0)], ["Share", pct(counts[i] / total, 1)]],
    };
  }
}
