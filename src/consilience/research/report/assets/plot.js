// A canvas with axes, and a View: the span of x that several plots share, with zoom, pan and one crosshair.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

class View {
  constructor(lo, hi, minSpan) {
    if (!(hi > lo)) [lo, hi] = [lo - minSpan, lo + minSpan];
    Object.assign(this, { full: [lo, hi], lo, hi, minSpan, plots: [], cursor: null, frame: 0 });
  }
  set(lo, hi) {
    const [first, last] = this.full;
    const span = Math.min(Math.max(hi - lo, Math.min(this.minSpan, last - first)), last - first);
    lo = Math.min(Math.max(lo, first), last - span);
    this.lo = lo;
    this.hi = lo + span;
    this.redraw();
  }
  zoom(at, factor) {
    this.set(at - (at - this.lo) * factor, at + (this.hi - at) * factor);
  }
  point(x) {
    this.cursor = x;
    this.redraw();
  }
  redraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.plots.forEach((plot) => plot.draw());
    });
  }
}

const tooltip = {
  node: null,
  show(rows, title, x, y) {
    this.node ||= document.body.appendChild(el("div", "tooltip"));
    this.node.replaceChildren(el("div", "tooltip-title", title));
    for (const [name, value, tone] of rows) {
      const row = this.node.appendChild(el("div", "tooltip-row"));
      row.append(el("span", "", name), el("b", tone || "", value));
    }
    Object.assign(this.node.style, { display: "block", left: "0", top: "0" }); // measured where nothing squeezes it
    const { offsetWidth: w, offsetHeight: h } = this.node;
    const room = document.documentElement.clientWidth, left = x + 16 + w > room ? x - w - 16 : x + 16;
    this.node.style.left = `${Math.max(6, Math.min(left, room - w - 6))}px`;
    this.node.style.top = `${Math.max(6, Math.min(y + 14, innerHeight - h - 6))}px`;
  },
  hide() {
    if (this.node) this.node.style.display = "none";
  },
};

const allPlots = [];
let lastScroll = 0;
addEventListener("scroll", () => { lastScroll = performance.now(); tooltip.hide(); }, { passive: true });

class Plot {
  constructor(host, view, options) {
    Object.assign(this, { host, view, options, log: false, pointers: new Map(), armed: 0 });
    this.canvas = host.appendChild(el("canvas"));
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", options.label || "chart");
    this.canvas.style.height = `${options.height || 260}px`;
    view.plots.push(this);
    allPlots.push(this);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(this.canvas);
  }

  // --- scales
  get left() { return 4; }
  get right() { return this.width - (this.width < 480 ? 46 : 62); }
  get top() { return 10; }
  get bottom() { return this.height - (this.options.hideX ? 6 : 22); }
  x(value) { return this.left + (value - this.view.lo) / (this.view.hi - this.view.lo) * (this.right - this.left); }
  invert(px) { return this.view.lo + (px - this.left) / (this.right - this.left) * (this.view.hi - this.view.lo); }
  y(value) {
    const f = this.log ? Math.log : (v) => v;
    return this.bottom - (f(value) - f(this.yLo)) / (f(this.yHi) - f(this.yLo)) * (this.bottom - this.top);
  }

  // --- drawing; a subclass gives extent(), paint(), ticks() and describe()
  draw() {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const ratio = devicePixelRatio || 1;
    this.width = box.width;
    this.height = box.height;
    const [w, h] = [Math.round(box.width * ratio), Math.round(box.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    const g = this.g = this.canvas.getContext("2d");
    g.setTransform(ratio, 0, 0, ratio, 0, 0);
    g.clearRect(0, 0, this.width, this.height);
    g.font = `11px ${css("--font")}`;
    let [lo, hi] = this.extent();
    if (!(hi > lo)) {
      const pad = Math.abs(lo) * 0.05 || 1;
      [lo, hi] = Number.isFinite(lo) ? [lo - pad, lo + pad] : [0, 1];
    }
    const pad = (hi - lo) * 0.06;
    this.yLo = this.log ? lo / 1.04 : lo - (this.options.pinLow ? 0 : pad);
    this.yHi = this.log ? hi * 1.04 : hi + (this.options.pinHigh ? 0 : pad);
    this.axes();
    g.save();
    g.beginPath();
    g.rect(this.left, 0, this.right - this.left, this.height);
    g.clip();
    this.paint(g);
    g.restore();
    this.crosshair(g);
  }
  axes() {
    const { g } = this, count = Math.max(2, Math.round((this.bottom - this.top) / 34));
    const all = this.log ? logTicks(this.yLo, this.yHi) : niceTicks(this.yLo, this.yHi, count);
    const values = this.options.whole ? all.filter((v) => Number.isInteger(v)) : all;
    const step = this.log || values.length < 2 ? 0 : values[1] - values[0];
    g.lineWidth = 1;
    g.textBaseline = "middle";
    g.textAlign = "left";
    for (const value of values) {
      const at = Math.round(this.y(value)) + 0.5;
      g.strokeStyle = css(value === 0 && this.options.zeroLine ? "--axis" : "--grid");
      g.beginPath();
      g.moveTo(this.left, at);
      g.lineTo(this.right, at);
      g.stroke();
      g.fillStyle = css("--muted");
      g.fillText(this.options.axis(value, step), this.right + 6, at);
    }
    if (this.options.hideX) return;
    g.textBaseline = "alphabetic";
    g.textAlign = "center";
    g.fillStyle = css("--muted");
    for (const [value, label] of this.ticks(Math.max(2, Math.floor((this.right - this.left) / 84)))) {
      const at = this.x(value), half = g.measureText(label).width / 2;
      if (at >= this.left + half && at <= this.right - half + 20) g.fillText(label, at, this.height - 6);
    }
  }
  crosshair(g) {
    const { cursor } = this.view;
    if (cursor === null || cursor < this.view.lo || cursor > this.view.hi) return;
    const at = Math.round(this.x(this.snap ? this.snap(cursor) : cursor)) + 0.5;
    g.strokeStyle = css("--cross");
    g.setLineDash([3, 3]);
    g.beginPath();
    g.moveTo(at, this.top);
    g.lineTo(at, this.bottom);
    g.stroke();
    g.setLineDash([]);
    this.dots?.(g, cursor);
  }

  // --- pointer, wheel, keys
  listen() {
    const c = this.canvas, on = (name, f, o) => c.addEventListener(name, f, o);
    on("pointerdown", (e) => {
      this.pointers.set(e.pointerId, e);
      this.dragged = 0;
      c.setPointerCapture(e.pointerId);
    });
    on("pointermove", (e) => this.moved(e));
    for (const name of ["pointerup", "pointercancel"]) on(name, (e) => this.pointers.delete(e.pointerId));
    on("pointerleave", () => {
      this.armed = 0;
      this.view.point(null);
      tooltip.hide();
    });
    on("wheel", (e) => {
      // A page that scrolls under a resting pointer keeps scrolling; a pointer that was moved here zooms.
      const wants = e.ctrlKey || e.metaKey || document.activeElement === c || this.armed > lastScroll;
      if (!wants) return;
      e.preventDefault();
      const span = this.view.hi - this.view.lo, px = this.right - this.left;
      if (Math.abs(e.deltaX) > Math.abs(e.deltaY)) this.view.set(this.view.lo + e.deltaX / px * span, this.view.hi + e.deltaX / px * span);
      else this.view.zoom(this.invert(e.offsetX), Math.exp(Math.max(-120, Math.min(120, e.deltaY)) * 0.002));
    }, { passive: false });
    on("dblclick", () => this.view.set(...this.view.full));
    on("keydown", (e) => {
      const span = this.view.hi - this.view.lo, mid = (this.view.lo + this.view.hi) / 2;
      if (e.key === "ArrowLeft") this.view.set(this.view.lo - span / 10, this.view.hi - span / 10);
      else if (e.key === "ArrowRight") this.view.set(this.view.lo + span / 10, this.view.hi + span / 10);
      else if (e.key === "+" || e.key === "=") this.view.zoom(mid, 0.7);
      else if (e.key === "-") this.view.zoom(mid, 1 / 0.7);
      else if (e.key === "Home" || e.key === "0") this.view.set(...this.view.full);
      else return;
      e.preventDefault();
    });
  }
  moved(e) {
    const before = this.pointers.get(e.pointerId);
    if (e.movementX || e.movementY) this.armed = performance.now();
    if (before) {
      const span = this.view.hi - this.view.lo, px = this.right - this.left;
      const others = [...this.pointers.values()].filter((p) => p.pointerId !== e.pointerId);
      if (others.length) {
        const was = Math.abs(before.offsetX - others[0].offsetX), is = Math.abs(e.offsetX - others[0].offsetX);
        if (was > 8 && is > 8) this.view.zoom(this.invert((e.offsetX + others[0].offsetX) / 2), was / is);
      } else {
        const shift = (before.offsetX - e.offsetX) / px * span;
        this.dragged += Math.abs(before.offsetX - e.offsetX);
        this.view.set(this.view.lo + shift, this.view.hi + shift);
      }
      this.pointers.set(e.pointerId, e);
    }
    const at = this.invert(e.offsetX);
    this.view.point(at);
    const told = this.describe(at);
    if (told && e.offsetX <= this.right) tooltip.show(told.rows, told.title, e.clientX, e.clientY);
    else tooltip.hide();
  }
}

const redrawAll = () => allPlots.forEach((plot) => plot.draw());

// Legend buttons that show and hide; `items` have {name, color, on, dash}.
const legend = (host, items, changed) => {
  for (const item of items) {
    const button = host.appendChild(el("button", "legend-item"));
    button.type = "button";
    const mark = button.appendChild(el("i", item.dash ? "swatch dashed" : "swatch"));
    mark.style.setProperty("--c", `var(${item.color})`);
    button.append(item.name);
    button.setAttribute("aria-pressed", String(item.on));
    button.addEventListener("click", () => {
      item.on = !item.on;
      button.setAttribute("aria-pressed", String(item.on));
      changed();
    });
  }
};

// Buttons that set the visible span, counted back from the end.
const ranges = (host, view, spans) => {
  const total = view.full[1] - view.full[0];
  for (const [label, span] of [...spans.filter(([, s]) => s < total * 0.95), ["All", total]]) {
    const button = host.appendChild(el("button", "chip-button", label));
    button.type = "button";
    button.addEventListener("click", () => view.set(view.full[1] - span, view.full[1]));
  }
};
