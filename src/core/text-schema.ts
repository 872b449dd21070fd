import * as z from 'zod';
import { M2atError } from './errors';
import { isPrintable, isPrintablePath, printable, printableLines } from './printable';

const NAME_PROBLEM = 'must not hold control or invisible characters, line breaks or changes of direction';

/** A name that somebody gives to something. */
export const plainText = z
  .string()
  .refine(isPrintable, { error: ({ input }) => `${NAME_PROBLEM}; got "${printable(String(input))}"` });

/** A path that is kept in a record. */
export const plainPath = z.string().refine(isPrintablePath, {
  error: ({ input }) => `must be a path without control characters; got "${printable(String(input))}"`,
});

/** What a file of a run says, for people: whatever it holds, it can be shown. */
export const shownText = z.string().transform(printable);

/** The same in several lines. */
export const shownLines = z.string().transform(printableLines);

/** @throws M2atError `bad-input` for a path that no record takes */
export function assertPlainPath(file: string): void {
  if (isPrintablePath(file)) return;
  throw new M2atError('bad-input', 'has control characters in its path', {
    where: file,
    hint: 'Rename the file or its folder.',
  });
}
