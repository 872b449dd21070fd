import { float32, sizeOf, type NdArray } from '../../engine/arrays/nd-array';
import type { Attack } from './attack';
import { firstFloat32 } from './outputs';
import { padImages } from './padding';
import { inFewerPasses, type Victim } from './victim';

/** A classifier seen from outside: forward passes, no gradient. All that score- and decision-based attacks need. */
export interface ScoreModel {
  readonly classes: number;
  /**
   * @param images [N, H, W, C] in [0, 1]; any N
   * @param often it is going to be asked about so many images many times more: that is worth a compilation
   * @returns logits [N, classes]
   */
  logits(images: NdArray<'float32'>, often?: boolean): Promise<NdArray<'float32'>>;
}

/** A score model that owns a compiled program. */
export interface OwnedScoreModel extends ScoreModel {
  dispose(): Promise<void>;
}

/** Like `CreateAttack`, for an attack that needs forward passes only. */
export type CreateScoreAttack<Parameters> = (model: ScoreModel, parameters: Parameters) => Attack;

/** Images in the largest forward pass of a score model. */
const LARGEST_BATCH = 128;

/**
 * The forward pass of a victim.
 * @param largest images in one run of the program: what bounds its memory
 */
export function scoreModelOf(victim: Victim, largest = LARGEST_BATCH): OwnedScoreModel {
  const program = victim.device.compile('score', (images) => [victim.logits(images)]);
  const model = inFixedBatches(victim.classes, largest, async (images) =>
    firstFloat32(await program.run(images)),
  );
  return { ...model, dispose: () => program.dispose() };
}

/**
 * A score model over a forward pass for which each batch size is another compilation: any number of images is cut
 * into batches of `largest`, three quarters of that, a half, three eighths, a quarter and eight steps below, thirteen
 * sizes at most; what is left is padded. A number that is asked for often is a size of its own.
 */
export function inFixedBatches(
  classes: number,
  largest: number,
  forward: (images: NdArray<'float32'>) => Promise<NdArray<'float32'>>,
): ScoreModel {
  return {
    classes,
    async logits({ data, shape: [count = 0, ...shape] }, often = false) {
      const size = sizeOf(shape);
      const logits = new Float32Array(count * classes);
      for (let from = 0; from < count;) {
        const left = count - from;
        const batch = often ? Math.max(FEWEST, Math.min(left, largest)) : batchFor(left, largest);
        const to = Math.min(count, from + batch);
        const part = float32(data.subarray(from * size, to * size), [to - from, ...shape]);
        const rows = await forward(padImages(part, batch));
        logits.set(rows.data.subarray(0, (to - from) * classes), from * classes);
        from = to;
      }
      return float32(logits, [count, classes]);
    },
  };
}

/** An attack on a score model as an attack on a victim. */
export function withScoreModel<Parameters>(
  victim: Victim,
  create: CreateScoreAttack<Parameters>,
  parameters: Parameters,
): Attack {
  const model = scoreModelOf(inFewerPasses(victim));
  const attack = create(model, parameters);
  return {
    perturb: (batch, context) => attack.perturb(batch, context),
    async dispose() {
      await attack.dispose();
      await model.dispose();
    },
  };
}

/** Few enough that all of them fit into the device's pool of sessions. */
const SHARES = [1 / 64, ...Array.from({ length: 8 }, (_, n) => (n + 1) / 32), 3 / 8, 1 / 2, 3 / 4, 1];
/** So much of a batch has to be images, or so few rows padding, which cost less than another run of the program. */
const FULL = 0.8;
const FEW_ROWS = 4;
/** A matrix product of one row is rounded in another way than one of several. */
const FEWEST = 2;

/** The size of the next batch: the smallest with room for all, or the one below if that had too much padding. */
function batchFor(count: number, largest: number): number {
  const sizes = SHARES.map((share) => Math.min(largest, Math.max(FEWEST, Math.ceil(share * largest))));
  const place = sizes.findIndex((size) => size >= count);
  if (place < 0) return largest;
  const size = sizes[place] ?? largest;
  const smaller = sizes[place - 1];
  return smaller === undefined || count >= FULL * size || size - count <= FEW_ROWS ? size : smaller;
}
