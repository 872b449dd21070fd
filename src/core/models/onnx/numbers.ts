/** protobufjs hands over 64-bit integers as numbers, or as objects where the package `long` is installed; 0 for none. */
export function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  return isLong(value) ? value.toNumber() : 0;
}

function isLong(value: unknown): value is { toNumber(): number } {
  return (
    typeof value === 'object' && value !== null && 'toNumber' in value && typeof value.toNumber === 'function'
  );
}

/** IEEE 754 half precision. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const bits = new DataView(new ArrayBuffer(4));

/** The nearest half-precision number; infinite where there is none. */
export function floatToHalf(value: number): number {
  bits.setFloat32(0, value);
  const sign = (bits.getUint32(0) >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  // Below 2^-14 the steps are of one size.
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const steps = roundToEven(size / 2 ** (exponent - 10));
  return sign | (((exponent + 14) << 10) + steps);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}
