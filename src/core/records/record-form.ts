import * as z from 'zod';
import { M2atError } from '../errors';
import { tolerant } from '../tolerant';

/** The latest form of records that this version of M2AT knows. */
const KNOWN = 1;

/** What a record that is a file says of its form. */
export const recordForm = {
  /** Grows with what is written. */
  version: z.int().min(1),
  /** The least version that has to be known to read it; absent: any will do. */
  breaks: z.int().min(1).optional(),
};
const form = z.object(recordForm);

export interface Found {
  /** It is known to be as it was written. */
  readonly intact: boolean;
  /** The file. */
  readonly where: string;
}

/**
 * A record as it is read: what a later version added to it stays, and is passed over.
 * @throws M2atError `unsupported` for one that is not damaged, and of a form that this version does not know; ZodError for
 * any other that is no such record
 */
export function parseRecord<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  { intact, where }: Found,
): z.output<Schema> {
  const { breaks = 1 } = form.safeParse(value).data ?? {};
  const parsed = breaks > KNOWN ? undefined : tolerant(schema).safeParse(value);
  if (parsed?.success) return parsed.data;
  if (!intact && parsed) throw parsed.error;
  const [issue] = parsed?.error.issues ?? [];
  const what = issue ? ` (${[...issue.path, issue.message].join(' ')})` : '';
  throw new M2atError('unsupported', `is of a version of M2AT that this one can't read${what}`, {
    where,
    hint: 'Take that version, or a later one.',
    cause: parsed?.error,
  });
}
