import * as z from 'zod';
import { shownLines, shownText } from '../text-schema';
import { recordForm } from './record-form';

/** Characters, and entries. */
export const markLimits = { name: 200, note: 4000, tag: 50, tags: 20 } as const;

const given = {
  /** What the run is called instead of its own name. */
  name: shownText.pipe(z.string().min(1).max(markLimits.name)).optional(),
  star: z.literal(true).optional(),
  note: shownLines.pipe(z.string().min(1).max(markLimits.note)).optional(),
  tags: z
    .array(shownText.pipe(z.string().min(1).max(markLimits.tag)))
    .max(markLimits.tags)
    .optional(),
};

/** What somebody says of a run. */
export const runMarks = z.strictObject(given);
export type RunMarks = z.output<typeof runMarks>;

/** `marks.json` of a run directory. */
export const marksFile = z.strictObject({ ...recordForm, ...given });
