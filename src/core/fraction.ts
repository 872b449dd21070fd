import * as z from 'zod';

const EXPECTED = 'must be a non-negative number or a fraction such as "8/255"';
/** What is wrong with a larger one. */
export const PIXEL_RANGE = 'must be between 0 and 1 (pixels are in [0, 1]; eight grey levels are "8/255")';
const FRACTION = /^\s*(\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)\s*$/;

/**
 * A non-negative number, or a fraction written as text: `0.03`, `"8/255"`.
 * Parses to the number.
 */
export const fraction = z
  .union([z.number(), z.string()], { error: EXPECTED })
  .describe('A number, or a fraction such as "8/255".')
  .transform((value, context) => {
    const number = typeof value === 'number' ? value : parseFraction(value);
    if (number === undefined || !Number.isFinite(number) || number < 0) {
      context.addIssue({
        code: 'custom',
        message: `${EXPECTED}; got ${JSON.stringify(value)}`,
      });
      return z.NEVER;
    }
    return number;
  });

/** A budget or step for pixels in [0, 1]. */
export const pixelFraction = fraction.refine((value) => value <= 1, {
  error: ({ input }) => `${PIXEL_RANGE}; got ${JSON.stringify(input)}`,
});

/** The value of `"8/255"` or `"0.03"`; undefined when the text is neither. */
export function parseFraction(text: string): number | undefined {
  const match = FRACTION.exec(text);
  if (match) {
    const denominator = Number(match[2]);
    return denominator === 0 ? undefined : Number(match[1]) / denominator;
  }
  const number = Number(text);
  return text.trim() === '' || Number.isNaN(number) ? undefined : number;
}

/** A number that is short as a decimal, otherwise a whole number of grey levels such as `8/255`. */
export function fractionText(value: number): string {
  const short = Number(value.toPrecision(4));
  const levels = Math.round(value * 255);
  const whole = levels > 0 && Math.abs(levels / 255 - value) < 1e-9;
  return short !== value && whole ? `${levels}/255` : String(short);
}
