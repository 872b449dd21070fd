/** Powers of ten that are exact in double precision. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Digits of two whole numbers that are put together without rounding: the first times a power of ten, plus the second. */
const HIGH_DIGITS = 9;
const LOW_DIGITS = 8;
/** Far more than what the quotient below is off by, relative to its second part. */
const DOUBT = 2 ** -40;
const SPLITTER = 2 ** 27 + 1;
const [ZERO, UPPER_E, LOWER_E] = [0x30, 0x45, 0x65];
/** As if it were a digit. */
const POINT = 0x2e - ZERO;

/**
 * Reads numbers of JSON from bytes, one after the other, faster than a text is made of them and parsed. Of the form in which
 * most numbers are written: digits, with a point and digits or without, at most 17 that count. Each is the double that
 * `Number` makes of its text.
 */
export class PlainNumbers {
  /** Where the next one begins. */
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** The number that begins here, and goes on to behind it; NaN where it is of another form, or there is none. */
  next(): number {
    const { bytes, at: first } = this;
    const { length } = bytes;
    let at = first;
    // The first digits of those that count, those that follow, and how many there are of each.
    let high = 0;
    let low = 0;
    let digits = 0;
    let lowDigits = 0;
    let point = -1;
    for (; at < length; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (digits < HIGH_DIGITS) {
          high = 10 * high + digit;
          if (high > 0) digits++;
        } else {
          low = 10 * low + digit;
          lowDigits++;
        }
      } else if (digit === POINT && point < 0) point = at;
      else break;
    }
    const whole = (point < 0 ? at : point) - first;
    const decimals = point < 0 ? 0 : at - point - 1;
    const isNumber = whole > 0 && (point < 0 || decimals > 0) && (whole === 1 || bytes[first] !== ZERO);
    const hasExponent = bytes[at] === LOWER_E || bytes[at] === UPPER_E;
    if (!isNumber || hasExponent || lowDigits > LOW_DIGITS || decimals >= POWERS.length) return NaN;
    this.at = at;
    return quotient(high * (POWERS[lowDigits] ?? NaN), low, POWERS[decimals] ?? NaN);
  }

  /** Goes on behind these bytes, where they follow. */
  skip(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    if (at + length > bytes.length) return false;
    for (let n = 0; n < length; n++) if (bytes[at + n] !== expected[n]) return false;
    this.at = at + length;
    return true;
  }
}

/**
 * (a + b) / d, rounded once, for whole numbers b ≤ a and an exact d; NaN where it lies so near the middle between two doubles
 * that this can't tell. The quotient of the rounded sum, and what it lacks: its remainder is exact (T. J. Dekker, A
 * floating-point technique for extending the available precision, 1971), so that the sum of the two is off by no more than
 * the rounding of the second.
 */
function quotient(a: number, b: number, d: number): number {
  const sum = a + b;
  const rest = b - (sum - a);
  if (d === 1 && rest === 0) return sum;
  const first = sum / d;
  const product = first * d;
  const [firstHigh, dHigh] = [highPart(first), highPart(d)];
  const [firstLow, dLow] = [first - firstHigh, d - dHigh];
  const lost = firstLow * dLow - (product - firstHigh * dHigh - firstLow * dHigh - firstHigh * dLow);
  const second = (sum - product - lost + rest) / d;
  const result = first + second;
  const doubt = Math.abs(second) * DOUBT;
  return first + (second - doubt) === result && first + (second + doubt) === result ? result : NaN;
}

function highPart(value: number): number {
  const scaled = SPLITTER * value;
  return scaled - (scaled - value);
}
