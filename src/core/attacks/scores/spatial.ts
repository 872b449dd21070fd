import { float32 } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import { randomSearch } from './random-search';
import type { CreateScoreAttack } from '../base/score-model';
import type { SpatialParameters } from './spatial-definition';
import { writeTransformed, type Transformation } from './transformed-image';

/**
 * Rotations and translations: tries every combination of a grid, the mildest first, or random ones. An image keeps
 * the first one that is misclassified or, if none is, the one with the smallest margin of its logits. The perturbation
 * has no norm to keep to.
 * Engstrom et al., "Exploring the Landscape of Spatial Robustness", ICML 2019.
 */
export const createSpatial: CreateScoreAttack<SpatialParameters> = (model, parameters) => ({
  async perturb(batch, context) {
    const { images } = batch;
    const grid = parameters.search === 'grid' ? gridOf(parameters, images.shape.slice(1)) : undefined;
    const searched = await randomSearch(
      model,
      batch,
      {
        iterations: grid?.length ?? parameters.samples,
        loss: 'margin',
        searchOf: (clean, shape, random) => ({
          start: (candidate) => {
            candidate.set(clean);
          },
          propose: (_, iteration, candidate) => {
            const transformation = grid?.[iteration] ?? drawTransformation(parameters, shape, random);
            writeTransformed(clean, shape, transformation, candidate);
          },
        }),
      },
      context,
    );
    return float32(searched, images.shape);
  },
  dispose: () => Promise.resolve(),
});

/** All combinations, those that change the image least first. */
export function gridOf(parameters: SpatialParameters, shape: readonly number[]): Transformation[] {
  const { maxRotation, rotations, translations } = parameters;
  const { right: maxRight, down: maxDown } = largestShift(parameters, shape);
  const share = (value: number, largest: number): number => (largest === 0 ? 0 : Math.abs(value) / largest);
  const size = ({ rotation, right, down }: Transformation): number =>
    share(rotation, maxRotation) + share(right, maxRight) + share(down, maxDown);
  return spread(maxRotation, rotations)
    .flatMap((rotation) =>
      spread(maxRight, translations).flatMap((right) =>
        spread(maxDown, translations).map((down) => ({ rotation, right, down })),
      ),
    )
    .filter((transformation) => size(transformation) > 0)
    .sort((a, b) => size(a) - size(b));
}

function drawTransformation(
  parameters: SpatialParameters,
  shape: readonly number[],
  random: Random,
): Transformation {
  const { right, down } = largestShift(parameters, shape);
  const draw = (largest: number): number => largest * (2 * random.uniform() - 1);
  return { rotation: draw(parameters.maxRotation), right: draw(right), down: draw(down) };
}

/** In pixels. */
function largestShift(
  { maxTranslation }: SpatialParameters,
  [height = 1, width = 1]: readonly number[],
): { right: number; down: number } {
  return { right: Math.round(maxTranslation * width), down: Math.round(maxTranslation * height) };
}

/** `count` numbers from -largest to largest, at equal distances; 0 if it is one. */
function spread(largest: number, count: number): number[] {
  if (count === 1 || largest === 0) return [0];
  return Array.from({ length: count }, (_, n) => (largest * (2 * n - count + 1)) / (count - 1));
}
