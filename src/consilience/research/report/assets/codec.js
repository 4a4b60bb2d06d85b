// Reads what encode.py packs: zigzag differences in base-128 bytes, in base64.
const readVarints = (text) => {
  const raw = atob(text), out = [];
  let value = 0, scale = 1;
  for (let i = 0; i < raw.length; i++) {
    const byte = raw.charCodeAt(i);
    value += (byte & 127) * scale; // no bit shifts: values pass 32 bits
    scale *= 128;
    if (byte < 128) {
      out.push(value % 2 ? -(value + 1) / 2 : value / 2);
      value = 0;
      scale = 1;
    }
  }
  return out;
};

const unpack = (packed) => {
  if (!packed) return null;
  const steps = readVarints(packed.b), out = new Float64Array(packed.n), unit = 10 ** packed.d;
  let whole = 0;
  for (let i = 0; i < packed.n; i++) {
    whole += steps[i];
    out[i] = whole / unit;
  }
  for (const [start, length] of packed.gaps) out.fill(NaN, start, start + length);
  return out;
};

const unpackTimes = (packed) => {
  const steps = readVarints(packed.b), out = new Float64Array(packed.n);
  let at = packed.first;
  for (let i = 0; i < packed.n; i++) {
    if (i > 0) at += steps[i - 1] * packed.unit;
    out[i] = at;
  }
  return out;
};

const unpackNames = (packed) => Array.from(unpack(packed.at), (i) => packed.names[i]);
