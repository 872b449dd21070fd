import * as z from 'zod';
import { toDashboard, type ToDashboard } from '../../src/protocol/dashboard-protocol';

/** A picture inside a page: base64 of a PNG. */
const picture = z.looseObject({ png: z.string() }).transform(({ png, ...rest }, context) => {
  try {
    return { ...rest, png: Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0)) };
  } catch {
    context.addIssue({ code: 'custom', path: ['png'], message: 'is no base64' });
    return z.NEVER;
  }
});

const storedState = z.looseObject({
  type: z.literal('state'),
  samples: picture.optional(),
  corruptions: z.looseObject({ pictures: picture.optional() }).optional(),
  galleries: z.array(picture).optional(),
});

/**
 * The state that a page of its own holds as JSON: a message of type `state` whose pictures are base64.
 * @throws Error when it is something else
 */
export function parseStoredState(text: string): ToDashboard {
  const stored = storedState.safeParse(JSON.parse(text));
  if (!stored.success) throw new Error(z.prettifyError(stored.error));
  const state = toDashboard.safeParse(stored.data);
  if (!state.success) throw new Error(z.prettifyError(state.error));
  return state.data;
}
