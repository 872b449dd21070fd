import type { DeviceArray, ProgramInput } from '../../engine/arrays/device-array';
import { float32, scalar, type NdArray } from '../../engine/arrays/nd-array';
import { oneHot } from '../../data/batch';
import { searchConstants } from './constant-search';
import type { MinimalNormSearch } from '../budget/minimal-norm';
import { floatOnDevice } from '../base/outputs';
import type { PacedLoop } from '../base/paced-loop';
import { intervalOf, type progressState } from '../base/progress-mask';
import { goalsOf } from '../base/targets';
import { filled, nothingFound } from './smallest-example';

export type CommonState = (typeof progressState)[number] | 'found' | 'size' | 'success';
/** `classes`: one-hot labels or, of a targeted attack, targets. */
export type CommonConstant = 'images' | 'classes' | 'weight';

export interface ConstrainedSearchOptions {
  readonly steps: number;
  readonly searches: number;
  readonly initialConstant: number;
  readonly abortEarly: boolean;
  readonly targeted: boolean;
}

const FAR = 1e30;

/**
 * A search that minimises size + weight * misclassification with gradient steps, for one weight after the other; the
 * smallest example of all steps stays on the device.
 * @param initial the state that is an attack's own, before the first step of each weight
 */
export function constrainedSearch<Own extends string>(
  classes: number,
  { steps, searches, initialConstant, abortEarly, targeted }: ConstrainedSearchOptions,
  loop: PacedLoop<CommonState | Own, CommonConstant>,
  initial: (images: NdArray<'float32'>) => Readonly<Record<Own, ProgramInput>>,
): MinimalNormSearch {
  const every = intervalOf(steps, abortEarly);
  return {
    async find(batch, _pass, { signal }) {
      const { images } = batch;
      const count = batch.labels.length;
      const far = filled([count], FAR);
      const oneHots = oneHot(goalsOf(batch, targeted), classes);
      let best: { found: ProgramInput; size: ProgramInput } = nothingFound(images);
      let last: Readonly<Record<CommonState | Own, DeviceArray>> | undefined;
      try {
        await searchConstants(count, { searches, initialConstant }, async (constants) => {
          const state = {
            ...initial(images),
            step: scalar(0),
            active: filled([count], 1),
            lowest: far,
            nearest: far,
            checkedLowest: far,
            checkedNearest: far,
            found: best.found,
            size: best.size,
            success: filled([count], 0),
          };
          const end = await loop.run({
            state,
            constants: { images, classes: oneHots, weight: float32(constants.slice(), [count]) },
            steps,
            count,
            signal,
            ...(every !== undefined && {
              until: { every, done: async ({ active }) => !(await active.read()).data.includes(1) },
            }),
          });
          if (last) loop.release(last);
          last = end;
          best = end;
          return (await end.success.read()).data;
        });
        if (!last) return images;
        const { found, ...others } = last;
        for (const array of Object.values<DeviceArray>(others)) array.release();
        return floatOnDevice(found);
      } catch (error) {
        if (last) loop.release(last);
        throw error;
      }
    },
    dispose: () => loop.dispose(),
  };
}
