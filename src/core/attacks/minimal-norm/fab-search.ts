import { oneHot } from '../../data/batch';
import { float32, int32, scalar, type NdArray } from '../../engine/arrays/nd-array';
import type { Random } from '../../random';
import type { Attack } from '../base/attack';
import { classRanks } from '../base/class-ranks';
import { fabStep, type FabStepParameters } from './fab-step';
import { minimalNormAttack } from '../budget/minimal-norm';
import { nearestBoundary, targetBoundary } from './nearest-boundary';
import { floatOnDevice } from '../base/outputs';
import { PacedLoop } from '../base/paced-loop';
import { goalsOf } from '../base/targets';
import { inFewerPasses, type Victim } from '../base/victim';

/** The reference implementation's epsilon, which bounds random starts. */
const DEFAULT_EPSILON = { linf: 0.3, l2: 1, l1: 5 };
const NOTHING_FOUND = 1e10;

export interface FabOptions extends FabStepParameters {
  readonly steps: number;
  readonly epsilon?: number | undefined;
}

/** What a pass follows: the boundaries with the classes of rank `first` to `first + count - 1`. */
export interface FabPass {
  readonly first: number;
  readonly count: number;
  /** 0 starts from the clean image, others at random. */
  readonly restart: number;
}

/** FAB and FAB-T: the same steps, other boundaries. */
export function fabAttack(
  victim: Victim,
  options: FabOptions,
  passes: number,
  planOf: (pass: number) => FabPass,
  notes?: readonly string[],
): Attack {
  const { norm, steps, epsilon, targeted } = options;
  const state = ['iterate', 'found', 'size'] as const;
  const seen = inFewerPasses(victim);
  const loop = targeted
    ? new PacedLoop(
        victim.device,
        `fab-${norm}`,
        state,
        ['images', 'classes'],
        (current, { images, classes }) =>
          fabStep(seen, options, current, {
            images,
            classes,
            boundaryAt: (iterate) => targetBoundary(seen, iterate, classes),
          }),
      )
    : new PacedLoop(
        victim.device,
        `fab-${norm}`,
        state,
        ['images', 'classes', 'ranks', 'first', 'count'],
        (current, { images, classes, ranks, first, count }) =>
          fabStep(seen, options, current, {
            images,
            classes,
            boundaryAt: (iterate) =>
              nearestBoundary(seen, iterate, { labels: classes, ranks, norm, range: { first, count } }),
          }),
      );
  return minimalNormAttack(
    victim,
    { norm, passes, epsilon, notes },
    {
      async find(batch, { index, best, logits }, { streams, signal }) {
        const { images, labels } = batch;
        const plan = planOf(index);
        const count = labels.length;
        const radii = best.map((norm) => Math.min(norm, epsilon ?? DEFAULT_EPSILON[options.norm]) / 2);
        const end = await loop.run({
          state: {
            iterate: plan.restart === 0 ? images : randomStart(norm, images, radii, streams),
            found: images,
            size: float32(new Float32Array(count).fill(NOTHING_FOUND), [count]),
          },
          constants: {
            images,
            classes: oneHot(goalsOf(batch, targeted), victim.classes),
            ranks: classRanks(logits, labels),
            first: scalar(plan.first),
            count: int32(Int32Array.of(plan.count), []),
          },
          steps,
          count,
          signal,
        });
        end.iterate.release();
        end.size.release();
        return floatOnDevice(end.found);
      },
      dispose: () => loop.dispose(),
    },
  );
}

/** Noise whose norm is the image's radius, added and clipped: uniform on the cube's surface (linf), or a normal direction. */
function randomStart(
  norm: FabOptions['norm'],
  images: NdArray<'float32'>,
  radii: Float64Array,
  streams: readonly Random[],
): NdArray<'float32'> {
  const data = images.data.slice();
  const size = data.length / radii.length;
  const noise = new Float32Array(size);
  for (const [n, radius] of radii.entries()) {
    const random = streams[n];
    if (!random) throw new RangeError('every image has a stream of random numbers');
    let length = 0;
    for (let i = 0; i < size; i++) {
      const value = norm === 'linf' ? 2 * random.uniform() - 1 : random.normal();
      noise[i] = value;
      length =
        norm === 'linf'
          ? Math.max(length, Math.abs(value))
          : length + (norm === 'l2' ? value * value : Math.abs(value));
    }
    if (norm === 'l2') length = Math.sqrt(length);
    for (let i = 0; i < size; i++) {
      const moved = (data[n * size + i] ?? 0) + (radius / length) * (noise[i] ?? 0);
      data[n * size + i] = Math.min(1, Math.max(0, moved));
    }
  }
  return float32(data, images.shape);
}
