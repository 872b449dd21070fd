import type * as z from 'zod';
import type { NdArray } from '../engine/arrays/nd-array';
import { M2atError } from '../errors';
import type { BatchImages, ChosenMethod, RandomFor } from './define-method';
import type { Draws } from './draws';
import type { DrawnBatch, Preview } from './method';
import { mixedRows, type Pairs } from './pairs';
import { shownClasses } from './shown-classes';

/** What an option does to the clean images before the method sees them. */
export interface ImageChange<Drawn extends Draws> {
  /** What it draws, by names that no method has: they begin with that of the option. */
  readonly draws: z.ZodType<Drawn>;
  readonly draw: (batch: BatchImages, random: RandomFor) => Drawn;
  readonly change: (batch: BatchImages, drawn: Drawn) => BatchImages;
  /** The sample grid of the method on changed images, as that of them. */
  readonly show: (preview: Preview, batch: DrawnBatch<Drawn>) => Preview;
}

/** The method on changed images. */
export function withImages<Drawn extends Draws>(
  method: ChosenMethod,
  { draws, draw, change, show }: ImageChange<Drawn>,
): ChosenMethod {
  const own = (drawn: Draws): Drawn => {
    const { success, data, error } = draws.safeParse(drawn);
    if (!success) throw new M2atError('internal', `A batch lacks what an option draws: ${error.message}`);
    return data;
  };
  return {
    ...method,
    draw(batch, random) {
      const drawn = draw(batch, random);
      return { ...method.draw(change(batch, drawn), random), ...drawn };
    },
    complete: (batch, drawn) => method.complete(change(batch, own(drawn)), drawn),
    async create(network) {
      const bound = await method.create(network);
      return {
        ...bound,
        preview: async (batch, signal) =>
          show(await bound.preview(batch, signal), { ...batch, draws: own(batch.draws) }),
      };
    },
  };
}

/** The batch with other images, of which each has a share `lambda` of itself and the rest of its partner. */
export function mixedBatch(batch: BatchImages, images: NdArray<'float32'>, pairs: Pairs): BatchImages {
  const truth = mixedRows(shownClasses(batch, batch), pairs);
  const unmixed = { images: batch.images, labels: batch.labels };
  return { ...batch, images, truth, unmixed, labels: mostShown(truth) };
}

/** The class with the largest share of each row of [N, classes]; the first of several. */
function mostShown({ data, shape: [count = 0, classes = 0] }: NdArray<'float32'>): Int32Array {
  return Int32Array.from({ length: count }, (_, n) => {
    const row = data.subarray(n * classes, (n + 1) * classes);
    return row.indexOf(Math.max(...row));
  });
}
