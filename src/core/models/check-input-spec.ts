import type { Device } from '../engine/device';
import { float32, type NdArray } from '../engine/nd-array';
import { M2atError } from '../errors';
import type { ImportedModel } from './imported-model';
import { inputConventions, type InputConvention } from './input-conventions';
import type { InputSpec } from './input-spec';
import type { ForwardOnlyModel } from './onnx/forward-only';
import { affineOf, logitsOf, prepareInput } from './prepare-input';

export interface InputWarning {
  readonly message: string;
  /** What to do, with the convention that fits best where one does. */
  readonly hint: string;
  /** What {@link rememberInputSpec} would have to write, and the clean accuracy with it. */
  readonly better?:
    | {
        readonly spec: Pick<InputSpec, 'layout' | 'range' | 'channelOrder' | 'mean' | 'std'>;
        readonly accuracy: number;
      }
    | undefined;
}

/** At most a quarter of the way from guessing to perfect, or not told from guessing on so few images. */
export function isSuspicious(accuracy: number, chance: number, count: number): boolean {
  const spread = Math.sqrt((chance * (1 - chance)) / Math.max(1, count));
  return accuracy < Math.max(chance + 0.25 * (1 - chance), chance + 2 * spread);
}

export interface CheckOptions {
  readonly model: ImportedModel;
  /** Runs in place of `model` where that can't be differentiated. */
  readonly forwardOnly?: ForwardOnlyModel | undefined;
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
 * conventions on a few images, in both layouts where the network's shape leaves that open.
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
  const where = best.layout === spec.layout ? '' : ` in the layout ${best.layout}`;
  return {
    message,
    hint: `On ${options.labels.length} images the range ${name}${where} gives ${percent(best.accuracy)}.`,
    better: { spec: { layout: best.layout, range, channelOrder, mean, std }, accuracy: best.accuracy },
  };
}

type Layout = InputSpec['layout'];

interface Tried {
  readonly convention: InputConvention;
  readonly layout: Layout;
  readonly accuracy: number;
}

/** Every convention in the layout that was found, and in the other one where the network's shape allows it. */
async function tryConventions(options: CheckOptions): Promise<Tried[]> {
  const { model, spec, images } = options;
  const neutral: InputSpec = { ...spec, range: [0, 1], channelOrder: 'RGB', mean: undefined, std: undefined };
  const results = await tryIn(neutral, options);
  const other = otherLayout(neutral, model.inputShape, images.shape);
  if (!other) return results;
  try {
    return [...results, ...(await tryIn(other, options))];
  } catch (error) {
    // Convolutions know where their channels are.
    if (error instanceof M2atError) return results;
    throw error;
  }
}

async function tryIn(spec: InputSpec, options: CheckOptions): Promise<Tried[]> {
  const { images, labels } = options;
  const channels = spec.channels ?? images.shape[3] ?? 3;
  const network = networkOf(spec, options);
  try {
    const tried: Tried[] = [];
    for (const convention of inputConventions) {
      if (channels !== 3 && (convention.mean !== undefined || convention.channelOrder === 'BGR')) continue;
      const { data, shape } = await network.run(inConvention(images, convention, channels));
      const classes = shape[1] ?? 1;
      let correct = 0;
      for (let i = 0; i < labels.length; i++) {
        const row = data.subarray(i * classes, (i + 1) * classes);
        if (row.indexOf(Math.max(...row)) === labels[i]) correct++;
      }
      tried.push({ convention, layout: spec.layout, accuracy: correct / Math.max(1, labels.length) });
    }
    return tried;
  } finally {
    await network.dispose();
  }
}

/** The same network with its channels elsewhere; undefined where its shape says that they aren't. */
function otherLayout(
  spec: InputSpec,
  [, a = null, b = null, c = null]: ImportedModel['inputShape'],
  [, ...image]: readonly number[],
): InputSpec | undefined {
  const layout: Layout = spec.layout === 'NHWC' ? 'NCHW' : 'NHWC';
  const [height, width, channels] = layout === 'NHWC' ? [a, b, c] : [b, c, a];
  const fits = [height, width, channels].every((size, axis) => size === null || size === image[axis]);
  return fits ? { ...spec, layout, height, width, channels } : undefined;
}

/** Logits of images [N, H, W, C] that are in the network's own range already. */
function networkOf(
  spec: InputSpec,
  { model, forwardOnly, device }: CheckOptions,
): { run(images: NdArray<'float32'>): Promise<NdArray<'float32'>>; dispose(): Promise<void> } {
  const program = forwardOnly
    ? device.compile('input-layout', (images) => [prepareInput(spec)(images)])
    : device.compile('input-conventions', (images) => [logitsOf(model, spec)(images)]);
  return {
    run: async (images) => {
      const [output] = await program.run(images);
      if (!(output?.data instanceof Float32Array)) throw new TypeError('a program returned no float32');
      const values = float32(output.data, output.shape);
      return forwardOnly ? forwardOnly.logits(values) : values;
    },
    dispose: () => program.dispose(),
  };
}

/** Images [N, H, W, C] in [0, 1] as a convention has them, with as many channels as the network takes. */
function inConvention(
  { data, shape: [n = 0, height = 0, width = 0, actual = 1] }: NdArray<'float32'>,
  convention: InputConvention,
  channels: number,
): NdArray<'float32'> {
  const { scale, shift } = affineOf(convention, channels);
  const pixels = n * height * width;
  const given = new Float32Array(pixels * channels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let to = 0; to < channels; to++) {
      const from = convention.channelOrder === 'BGR' ? channels - 1 - to : to;
      const value = data[pixel * actual + Math.min(from, actual - 1)] ?? 0;
      given[pixel * channels + to] = value * (scale[to] ?? 1) + (shift[to] ?? 0);
    }
  }
  return float32(given, [n, height, width, channels]);
}
