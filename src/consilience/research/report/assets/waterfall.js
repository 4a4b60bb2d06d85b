// Waterfall of one fused decision: each source starts where the one before ended, the last bar is their sum, the score.
// The namespace is taken from an element of the page, so that the page holds no address.
const svgNode = (tag, attributes, text) => {
  const node = document.createElementNS(document.querySelector("svg").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
};

// [{name, from, to, value, confidence, weight}] of those that spoke, in the order of summation, and their sum.
const waterfallSteps = (parts) => {
  const steps = [];
  let sum = 0;
  for (const [name, contribution, value, confidence, weight] of parts) {
    if (contribution === null) continue;
    steps.push({ name, from: sum, to: sum + contribution, by: contribution, value, confidence, weight });
    sum += contribution;
  }
  return { steps, sum };
};

class Waterfall {
  constructor(host, told) {
    Object.assign(this, { host, told, decision: null, width: 0 });
    new ResizeObserver(() => this.host.clientWidth !== this.width && this.draw()).observe(host);
  }
  show(decision) {
    this.decision = decision;
    const silent = decision.parts.filter((p) => p[1] === null).map((p) => p[0]);
    this.told.textContent = `${decision.title}: score ${num(decision.score, 3, { signed: true })}, confidence ${num(decision.confidence, 2)}; ${decision.told}.`
      + (silent.length ? ` Silent: ${silent.join(", ")}.` : "");
    this.draw();
  }
  draw() {
    const width = this.width = this.host.clientWidth;
    if (!this.decision || !width) return;
    const { steps, sum } = waterfallSteps(this.decision.parts);
    const bars = [...steps, { name: "score", from: 0, to: sum, by: sum, total: true }];
    const lo = Math.min(0, ...bars.map((b) => Math.min(b.from, b.to))), hi = Math.max(0, ...bars.map((b) => Math.max(b.from, b.to)));
    const each = (width - 12) / bars.length;
    const longest = Math.max(...bars.flatMap((b) => b.name.split("_")).map((word) => word.length));
    const svg = each >= Math.max(64, longest * 6.4 + 6) ? this.columns(bars, lo, hi, width, each) : this.rows(bars, lo, hi, width);
    svg.dataset.sum = String(sum);
    this.host.replaceChildren(svg);
  }
  frame(width, height) {
    const title = `Contributions of the sources to the score of ${this.decision.title}`;
    return svgNode("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": title });
  }
  bar(svg, b, box) {
    const rect = svg.appendChild(svgNode("rect", { ...box, rx: 2, class: b.total ? "total" : b.by < 0 ? "down" : "up" }));
    if (!b.total) rect.dataset.tip = `${b.name}: value ${num(b.value, 3, { signed: true })}, confidence ${num(b.confidence, 2)}, weight ${num(b.weight, 3)}, contribution ${num(b.by, 4, { signed: true })}`;
  }
  // Left to right, names below in as many lines as they have words.
  columns(bars, lo, hi, width, each) {
    const lines = Math.max(...bars.map((b) => b.name.split("_").length));
    const top = 24, plot = 210, height = top + plot + 26 + lines * 14;
    const svg = this.frame(width, height), y = (v) => top + (hi - v) / ((hi - lo) || 1) * plot, wide = Math.min(64, each * 0.62);
    svg.append(svgNode("line", { x1: 0, x2: width, y1: y(0), y2: y(0), class: "zero" }));
    bars.forEach((b, i) => {
      const mid = 6 + (i + 0.5) * each, from = y(b.from), to = y(b.to);
      this.bar(svg, b, { x: mid - wide / 2, y: Math.min(from, to), width: wide, height: Math.max(1, Math.abs(from - to)) });
      if (i < bars.length - 1) svg.append(svgNode("line", { x1: mid + wide / 2, x2: mid + each - wide / 2, y1: to, y2: to, class: "link" }));
      const above = b.by >= 0;
      svg.append(svgNode("text", { x: mid, y: above ? Math.min(from, to) - 6 : Math.max(from, to) + 14, class: b.total ? "sum" : "by" }, num(b.by, 3, { signed: true })));
      b.name.split("_").forEach((word, k) => svg.append(svgNode("text", { x: mid, y: top + plot + 34 + k * 14, class: b.total ? "sum" : "name" }, word)));
    });
    return svg;
  }
  // Top to bottom where there is little room: name and number above each bar.
  rows(bars, lo, hi, width) {
    const tall = 38, height = bars.length * tall + 4;
    const svg = this.frame(width, height), x = (v) => 2 + (v - lo) / ((hi - lo) || 1) * (width - 4);
    svg.append(svgNode("line", { x1: x(0), x2: x(0), y1: 0, y2: height, class: "zero" }));
    bars.forEach((b, i) => {
      const top = i * tall, from = x(b.from), to = x(b.to);
      svg.append(svgNode("text", { x: 2, y: top + 14, class: b.total ? "sum left" : "name left" }, b.name));
      svg.append(svgNode("text", { x: width - 2, y: top + 14, class: b.total ? "sum right" : "by right" }, num(b.by, 3, { signed: true })));
      this.bar(svg, b, { x: Math.min(from, to), y: top + 20, width: Math.max(1, Math.abs(from - to)), height: 12 });
      if (i < bars.length - 1) svg.append(svgNode("line", { x1: to, x2: to, y1: top + 32, y2: top + tall + 20, class: "link" }));
    });
    return svg;
  }
}

const KINDS = [["latest", "Most recent"], ["largest", "Largest score"]];

const waterfalls = () => {
  (page.fusion || []).forEach((decisions, place) => {
    const select = document.querySelector(`[data-waterfall="${place}"]`);
    if (!select || !decisions.length) return;
    const chart = new Waterfall(byId(`chart-waterfall-${place}`), byId(`told-waterfall-${place}`));
    for (const [kind, label] of KINDS) {
      const group = select.appendChild(el("optgroup"));
      group.label = label;
      decisions.forEach((d, i) => {
        if (d.kind === kind) group.append(new Option(`${d.title}, ${num(d.score, 3, { signed: true })}`, String(i)));
      });
    }
    select.addEventListener("change", () => chart.show(decisions[Number(select.value)]));
    const first = decisions.findIndex((d) => d.kind === "largest");
    select.value = String(Math.max(0, first));
    chart.show(decisions[Math.max(0, first)]);
  });
};
