import * as z from 'zod';
import type { FieldProblem } from './describe-issue';

const said = z.looseObject({
  training: z.looseObject({
    augment: z.looseObject({ crop: z.number().gt(0), randomResizedCrop: z.looseObject({}) }),
  }),
});

/** Augmentations that have no meaning together. @param run of a file, without defaults */
export function augmentProblems(run: unknown): FieldProblem[] {
  if (!said.safeParse(run).success) return [];
  const message =
    "can't be combined with randomResizedCrop, which takes the place of padding and cropping: leave one of them out, or " +
    'let crop be 0';
  return [{ path: ['training', 'augment', 'crop'], message }];
}
