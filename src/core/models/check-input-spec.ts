import * as tf from '@tensorflow/tfjs';
import type { Device } from '../engine/device';
import { float32, type NdArray } from '../engine/nd-array';
import type { ImportedModel } from './imported-model';
import { inputConventions, type InputConvention } from './input-conventions';
import type { InputSpec } from './input-spec';
import { affineOf, logitsOf } from './prepare-input';

export interface InputWarning {
  readonly message: string;
  /** What to do, with the convention that fits best where one does. */
  readonly hint: string;
  /** What {@link rememberInputSpec} would have to write, and the clean accuracy with it. */
  readonly better?:
    | { readonly spec: Pick<InputSpec, 'range' | 'channelOrder' | 'mean' | 'std'>; readonly accuracy: number }
    | undefined;
}

/** At most a quarter of the way from guessing to perfect, or not told from guessing on so few images. */
export function isSuspicious(accuracy: number, chance: number, count: number): boolean {
  const spread = Math.sqrt((chance * (1 - chance)) / Math.max(1, count));
  return accuracy < Math.max(chance + 0.25 * (1 - chance), chance + 2 * spread);
}

export interface CheckOptions {
  readonly model: ImportedModel;
  readonly spec: InputSpec;
  readonly device: Device;
  /** [N, H, W, C] in [0, 1]: a few dozen are enough. */
  readonly images: NdArray<'float32'>;
  readonly labels: ArrayLike<number>;
  readonly cleanAccuracy: number;
  /** Images that the clean accuracy was measured on. */
  readonly count: number;
  /** The accuracy of guessing: 1 / classes, or the share of the most frequent class. */
  readonly chance: number;
}

/**
 * Warns when a clean accuracy is so low that the input range or layout is probably wrong, and tries the usual
 * conventions on a few images: one program for all of them.
 * @returns undefined when the accuracy is plausible
 */
export async function checkInputSpec(options: CheckOptions): Promise<InputWarning | undefined> {
  const { spec, cleanAccuracy, chance, count } = options;
  if (!isSuspicious(cleanAccuracy, chance, count)) return undefined;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const message =
    `The clean accuracy of ${percent(cleanAccuracy)} is suspiciously low (guessing: ${percent(chance)}): ` +
    'the input range or layout is probably wrong.';
  const tried = await tryConventions(options);
  const [best] = [...tried].sort((a, b) => b.accuracy - a.accuracy);
  if (
    !best ||
    best.accuracy < cleanAccuracy + 0.1 ||
    isSuspicious(best.accuracy, chance, options.labels.length)
  ) {
    return {
      message,
      hint: `None of the usual input ranges does better. Check the layout (${spec.layout}), the order of the classes, and that the images are of the kind that the model was trained on.`,
    };
  }
  const { range, channelOrder, mean, std, name } = best.convention;
  return {
    message,
    hint: `On ${options.labels.length} images the range ${name} gives ${percent(best.accuracy)}.`,
    better: { spec: { range, channelOrder, mean, std }, accuracy: best.accuracy },
  };
}

async function tryConventions({
  model,
  spec,
  device,
  images,
  labels,
}: CheckOptions): Promise<{ convention: InputConvention; accuracy: number }[]> {
  const channels = spec.channels ?? images.shape[3] ?? 3;
  const neutral: InputSpec = { ...spec, range: [0, 1], channelOrder: 'RGB', mean: undefined, std: undefined };
  const run = logitsOf(model, neutral);
  const [n = 0, h = 0, w = 0, actual = 0] = images.shape;
  // Every convention is a matrix over the channels and a sum.
  const classify = device.compile('input-conventions', (x, matrix, shift) => {
    const wide = actual === 1 && channels > 1 ? tf.tile(x, [1, 1, 1, channels]) : x;
    const pixels = tf.add(tf.matMul(tf.reshape(wide, [-1, channels]), matrix), shift);
    return [tf.argMax(run(tf.reshape(pixels, [n, h, w, channels])), 1)];
  });
  try {
    const results: { convention: InputConvention; accuracy: number }[] = [];
    for (const convention of inputConventions) {
      if (channels !== 3 && (convention.mean !== undefined || convention.channelOrder === 'BGR')) continue;
      const { scale, shift } = affineOf(convention, channels);
      const matrix = new Float32Array(channels * channels);
      for (let to = 0; to < channels; to++) {
        const from = convention.channelOrder === 'BGR' ? 2 - to : to;
        matrix[from * channels + to] = scale[to] ?? 1;
      }
      const [predicted] = await classify.run(
        images,
        float32(matrix, [channels, channels]),
        float32(Float32Array.from(shift), [channels]),
      );
      let correct = 0;
      for (let i = 0; i < labels.length; i++) if (predicted?.data[i] === labels[i]) correct++;
      results.push({ convention, accuracy: correct / Math.max(1, labels.length) });
    }
    return results;
  } finally {
    await classify.dispose();
  }
}
