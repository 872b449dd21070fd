import { float32, sizeOf } from '../../engine/arrays/nd-array';
import { cancellationPoint } from '../../cancellation';
import type { ScoreModel } from './score-model';

/** Images in one call of a model, between two points at which an attack can be cancelled. */
const IMAGES_PER_CALL = 128;
/** Values in one call, 64 MB: large images go in smaller groups. */
const VALUES_PER_CALL = 2 ** 24;

/** Image `n` of a batch, a view. */
export function rowOf(images: Float32Array, n: number, size: number): Float32Array {
  return images.subarray(n * size, (n + 1) * size);
}

/** Images that a model is asked about, any number of them: they are made when there is room for them. */
export interface Queries {
  readonly count: number;
  /** As many are going to be asked about many times more. */
  readonly often?: boolean | undefined;
  /** Writes all values of image `row`. Rows come in order. */
  readonly fill: (row: number, image: Float32Array) => void;
  /** Takes the answer, in order as well. Both arrays are valid during the call only. */
  readonly read: (row: number, logits: Float32Array, image: Float32Array) => void;
}

/**
 * Asks a model about images.
 * @param shape of one image, [H, W, C]
 * @throws M2atError `cancelled`
 */
export async function runQueries(
  model: ScoreModel,
  shape: readonly number[],
  signal: AbortSignal,
  { count, often, fill, read }: Queries,
): Promise<void> {
  const size = sizeOf(shape);
  const room = queriesPerCall(size);
  const buffer = new Float32Array(Math.min(room, count) * size);
  for (let from = 0; from < count; from += room) {
    await cancellationPoint(signal);
    const rows = Math.min(room, count - from);
    for (let row = 0; row < rows; row++) fill(from + row, rowOf(buffer, row, size));
    const { data } = await model.logits(float32(buffer.subarray(0, rows * size), [rows, ...shape]), often);
    for (let row = 0; row < rows; row++) {
      read(from + row, rowOf(data, row, model.classes), rowOf(buffer, row, size));
    }
  }
}

/** How many images of `size` values {@link runQueries} asks about at once. */
export function queriesPerCall(size: number): number {
  return Math.max(1, Math.min(IMAGES_PER_CALL, Math.floor(VALUES_PER_CALL / size)));
}
