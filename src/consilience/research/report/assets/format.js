// The page's numbers and dates: the same rules as text.py.
const DASH = "-", MINUS = "\u2212", DAY_MS = 86400000;

const num = (value, decimals = 2, { signed = false, suffix = "" } = {}) => {
  if (!Number.isFinite(value)) return DASH;
  const body = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const isZero = !/[1-9]/.test(body);
  return (isZero ? "" : value < 0 ? MINUS : signed ? "+" : "") + body + suffix;
};

const pct = (fraction, decimals = 2, signed = false) => num(fraction * 100, decimals, { signed, suffix: "%" });

const quantityText = (value) => (Number.isFinite(value) ? value.toLocaleString("en-US", { maximumFractionDigits: 8 }) : DASH);

// Decimals that tell neighbouring ticks apart.
const stepDecimals = (step) => {
  for (let d = 0; d < 9; d++) if (Math.abs(step * 10 ** d - Math.round(step * 10 ** d)) < 1e-6 * step * 10 ** d) return d;
  return 9;
};

// Axis labels: 12.5k, 3.2M; as many decimals as the distance between ticks asks for.
const short = (value, step) => {
  const size = Math.abs(value);
  const [unit, letter] = [[1e9, "B"], [1e6, "M"], [1e3, "k"], [1, ""]].find(([u]) => size >= (u === 1e3 ? 1e4 : u)) || [1, ""];
  const body = (size / unit).toLocaleString("en-US", { maximumFractionDigits: stepDecimals((step || size || 1) / unit) });
  return (value < 0 && body !== "0" ? MINUS : "") + body + letter;
};

const shortPct = (v, step) => `${short(v * 100, step * 100)}%`;

const two = (n) => String(n).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

// A daily bar that closes at midnight carries the date it covers.
const dateText = (ms, daily) => {
  if (!Number.isFinite(ms)) return DASH;
  const d = new Date(daily ? ms - 1 : ms);
  const day = `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
  return daily ? day : `${day} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`;
};

// Round steps for a value axis.
const niceTicks = (lo, hi, wanted) => {
  const rough = (hi - lo) / Math.max(1, wanted);
  if (!(rough > 0)) return [lo];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((s) => s >= rough * 0.999);
  const out = [];
  for (let k = Math.ceil(lo / step - 1e-9); k * step <= hi + step * 1e-9; k++) out.push(k * step);
  return out;
};

const logTicks = (lo, hi) => {
  const out = [];
  for (let power = Math.floor(Math.log10(lo)); power <= Math.log10(hi); power++) {
    for (const k of [1, 2, 5]) if (k * 10 ** power >= lo && k * 10 ** power <= hi) out.push(k * 10 ** power);
  }
  return out.length >= 3 ? out : niceTicks(lo, hi, 4);
};

// Calendar ticks between two times: [ms, label], at most about `room`.
const timeTicks = (lo, hi, room) => {
  const span = (hi - lo) / Math.max(1, room), out = [];
  const hour = 3600000;
  if (span <= 15 * DAY_MS) {
    const steps = [60000, 300000, 900000, 1800000, hour, 3 * hour, 6 * hour, 12 * hour, DAY_MS, 2 * DAY_MS, 7 * DAY_MS, 14 * DAY_MS];
    const step = steps.find((s) => s >= span) || 14 * DAY_MS;
    for (let t = Math.ceil(lo / step) * step; t <= hi; t += step) {
      const d = new Date(t);
      const midnight = t % DAY_MS === 0;
      out.push([t, midnight ? `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]}` : `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}`]);
    }
    return out;
  }
  const months = [1, 2, 3, 6, 12, 24, 60, 120, 240].find((m) => m * 30.4 * DAY_MS >= span) || 600;
  const first = new Date(lo);
  let index = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth()) / months) * months;
  for (;; index += months) {
    const t = Date.UTC(Math.floor(index / 12), index % 12, 1);
    if (t > hi) return out;
    if (t < lo) continue;
    out.push([t, index % 12 ? `${MONTHS[index % 12]}${months < 6 ? "" : ` ${two(Math.floor(index / 12) % 100)}`}` : String(Math.floor(index / 12))]);
  }
};

// First index whose value is >= x in an ascending array.
const lowerBound = (array, x) => {
  let lo = 0, hi = array.length;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if (array[mid] < x) lo = mid + 1;
    else hi = mid;
  }
  return lo;
};

const el = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
