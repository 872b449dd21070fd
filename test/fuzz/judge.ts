import { M2atError, messageOf } from '../../src/core/errors';
import { Finding, type FuzzInput, type FuzzTarget } from './fuzz-target';

/** How reading an input ended. */
export type Outcome =
  | { readonly end: 'accepted' | 'refused' }
  /** What is no way to end. */
  | { readonly end: 'finding'; readonly what: string };

/** Nobody reads more. */
const LONGEST_MESSAGE = 2000;
/** What a terminal obeys, what changes the direction of text, and halves of characters. Messages have several lines. */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

/** Has an input tried, and judges how that ended. */
export async function judge(target: FuzzTarget, input: FuzzInput, seed: number): Promise<Outcome> {
  const outcome = await outcomeOf(target, input, seed);
  const spoilt = Object.keys(Object.getPrototypeOf({}) as object);
  if (spoilt.length === 0) return outcome;
  for (const key of spoilt) Reflect.deleteProperty(Object.prototype, key);
  return { end: 'finding', what: `every object has ${spoilt.join(', ')} now` };
}

async function outcomeOf(target: FuzzTarget, input: FuzzInput, seed: number): Promise<Outcome> {
  try {
    const attempt = await target.attempt(input, seed);
    return attempt === 'accepted' ? { end: 'accepted' } : refusal(attempt.refused);
  } catch (error) {
    if (error instanceof Finding) return { end: 'finding', what: error.message };
    if (!(error instanceof M2atError)) {
      const stack = error instanceof Error ? error.stack : undefined;
      return { end: 'finding', what: `no M2atError: ${stack ?? messageOf(error)}` };
    }
    if (error.code === 'internal') {
      return { end: 'finding', what: `internal: ${error.stack ?? error.message}` };
    }
    return refusal([error.message]);
  }
}

function refusal(messages: readonly string[]): Outcome {
  if (messages.length === 0) return { end: 'finding', what: 'refused without a message' };
  const faults = messages.flatMap((message) => faultOf(message) ?? []);
  return faults[0] === undefined ? { end: 'refused' } : { end: 'finding', what: faults[0] };
}

/** What is wrong with a message for people. */
export function faultOf(message: string): string | undefined {
  if (message.trim() === '') return 'an empty message';
  const begins = JSON.stringify(message.slice(0, 300));
  if (message.length > LONGEST_MESSAGE) return `a message of ${message.length} characters: ${begins}`;
  const raw = UNPRINTABLE.exec(message);
  if (!raw) return undefined;
  const code = raw[0].charCodeAt(0).toString(16).padStart(4, '0');
  return `a raw \\u${code} in the message ${JSON.stringify(message.slice(Math.max(0, raw.index - 100), raw.index + 100))}`;
}
