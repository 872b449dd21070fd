import * as z from 'zod';
import { toCompare, type ToCompare } from '../../src/protocol/compare-protocol';

const bytes = z.string().transform((text, context) => {
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    context.addIssue({ code: 'custom', message: 'is no base64' });
    return z.NEVER;
  }
});

/** Float32, little-endian. */
const column = bytes.transform(({ buffer }) => Float64Array.from(new Float32Array(buffer)));

const stored = z.object({
  messages: z.array(
    z.discriminatedUnion('type', [
      z.looseObject({ type: z.literal('state') }),
      z.looseObject({ type: z.literal('series'), columns: z.record(z.string(), column) }),
      z.looseObject({ type: z.literal('samples'), png: bytes }),
    ]),
  ),
});

/**
 * The messages that a page of its own holds as JSON: columns and pictures are base64.
 * @throws Error when it is something else
 */
export function parseStoredComparison(text: string): ToCompare[] {
  const parsed = stored.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data.messages.map((message) => {
    const known = toCompare.safeParse(message);
    if (!known.success) throw new Error(z.prettifyError(known.error));
    return known.data;
  });
}
