import { joinRows } from '../attacks/base/batch-rows';
import { readPredictions } from '../attacks/base/predictions';
import { float32, sizeOf, type NdArray } from '../engine/arrays/nd-array';
import { fitsChannels, inputConventions } from '../models/input/input-conventions';
import type { FoundInputSpec, InputSpec } from '../models/input/input-spec';
import { affineOf } from '../models/input/prepare-input';

/** A way of giving images to the network, and what it is called. */
export interface Candidate extends Pick<InputSpec, 'layout' | 'range' | 'channelOrder' | 'mean' | 'std'> {
  readonly name: string;
}

/** How the network does on the images whose logits are finite under both conventions. */
export interface Fit {
  readonly right: number;
  /** Mean cross-entropy, nats. */
  readonly loss: number;
}

export interface ProbeResult {
  /** Images that the conventions were tried on. */
  readonly images: number;
  readonly tried: number;
  /** Conventions that there are to try; more than `tried` where the time was up. */
  readonly of: number;
  readonly seconds: number;
  /** The convention that is clearly better, if one is: of several, the one with the lowest cross-entropy. */
  readonly better?:
    | { readonly candidate: Candidate; readonly fit: Fit; readonly current: Fit; readonly images: number }
    | undefined;
}

/** Any number of images [M, H, W, C], as `spec` takes them, to logits [M, classes]. */
export type LogitsOf = (images: NdArray<'float32'>) => Promise<NdArray<'float32'>>;

export interface ProbeOptions {
  readonly found: Pick<FoundInputSpec, 'spec' | 'origins'>;
  /** [N, H, W, C] in [0, 1], and their classes. */
  readonly images: NdArray<'float32'>;
  readonly labels: ArrayLike<number>;
  /** The network as it is attacked. */
  readonly logits: LogitsOf;
  /**
   * The network with its channels elsewhere, where its shape leaves that open; undefined where it turns out that it can't be
   * run like that.
   */
  readonly inOtherLayout?: ((spec: InputSpec) => Promise<LogitsOf | undefined>) | undefined;
  /** Images in one pass, and what one takes. */
  readonly batchSize: number;
  readonly secondsPerBatch: number;
  /** What all of it may take. */
  readonly seconds: number;
  /** Of a clock, in seconds. */
  readonly now?: () => number;
}

/** Fewer images tell too little. */
const FEWEST = 16;
/** For which a mean and its standard error mean something. */
export const FEWEST_IMAGES = 8;
const STANDARD_ERRORS = 3;

/**
 * Tries the usual conventions of input on a few images: those that nothing rules out. One is clearly better when the mean
 * cross-entropy of the same images is lower by more than three standard errors of the paired difference, and their accuracy
 * is not lower; images without finite logits are left out. Nothing is compiled for it in the network's own layout: images are
 * given such values that the network, as it is attacked, sees them as the other convention has them. (A resize in
 * between is linear, and its weights sum to 1.)
 */
export async function probeInput(options: ProbeOptions): Promise<ProbeResult> {
  const { found, images, labels, batchSize, now = () => performance.now() / 1000 } = options;
  const start = now();
  const own = candidatesFor(found.spec, found, images.shape[3] ?? 1);
  const other = otherLayout(found, images.shape);
  const moved = other && options.inOtherLayout ? candidatesFor(other, found, images.shape[3] ?? 1, true) : [];
  const of = own.length + moved.length;
  const count = imageCount(options, of + 1);
  const result = (tried: number, better?: ProbeResult['better']): ProbeResult => ({
    ...{ images: count, tried, of, seconds: now() - start },
    ...(better ? { better } : {}),
  });
  let slowest = options.secondsPerBatch * Math.ceil(count / batchSize);
  const hasTime = (): boolean => now() - start + slowest <= options.seconds;
  if (count < FEWEST_IMAGES || !hasTime()) return result(0);
  const few = firstImages(images, count);
  const truth = Array.from({ length: count }, (_, n) => labels[n] ?? 0);
  const measured: { readonly candidate: Candidate; readonly rows: readonly Row[] }[] = [];
  let current: readonly Row[] | undefined;
  const tryAll = async (
    candidates: readonly (Candidate | undefined)[],
    spec: InputSpec,
    run: LogitsOf,
  ): Promise<void> => {
    const together = Math.max(1, Math.floor(batchSize / count));
    for (let from = 0; from < candidates.length && hasTime(); from += together) {
      const part = candidates.slice(from, from + together);
      const begin = now();
      const given = joinRows(part.map((one) => asSeenIn(few, one ?? spec, spec)));
      const logits = await run(given);
      slowest = Math.max(now() - begin, slowest / 2);
      part.forEach((candidate, n) => {
        const rows = rowsOf(logits, n * count, truth);
        if (candidate) measured.push({ candidate, rows });
        else current = rows;
      });
    }
  };
  await tryAll([undefined, ...own], found.spec, options.logits);
  if (other && moved.length > 0 && hasTime()) {
    const run = await options.inOtherLayout?.(other);
    if (run) await tryAll(moved, other, run);
    else return result(of, best(measured, current));
  }
  return result(measured.length, best(measured, current));
}

/** How many images there is time for, so that every convention can be tried if possible. */
function imageCount({ labels, batchSize, seconds, secondsPerBatch }: ProbeOptions, rounds: number): number {
  const rows = Math.floor(seconds / Math.max(secondsPerBatch, 1e-6)) * batchSize;
  const affordable = Math.max(FEWEST, Math.floor(rows / rounds));
  return Math.min(labels.length, affordable);
}

interface Row {
  readonly loss: number;
  readonly right: boolean;
  readonly finite: boolean;
}

function rowsOf(
  { data, shape: [, classes = 1] }: NdArray<'float32'>,
  first: number,
  truth: readonly number[],
): Row[] {
  const own = data.subarray(first * classes, (first + truth.length) * classes);
  return readPredictions(float32(own, [truth.length, classes]), truth).map(({ label, loss }, n) => ({
    loss,
    right: label === truth[n],
    finite: own.subarray(n * classes, (n + 1) * classes).every(Number.isFinite) && Number.isFinite(loss),
  }));
}

function best(
  measured: readonly { readonly candidate: Candidate; readonly rows: readonly Row[] }[],
  current: readonly Row[] | undefined,
): ProbeResult['better'] {
  if (!current) return undefined;
  const better = measured.flatMap(({ candidate, rows }) => {
    const compared = compare(current, rows);
    return compared ? [{ candidate, ...compared }] : [];
  });
  return better.sort((a, b) => a.fit.loss - b.fit.loss)[0];
}

/** undefined where the other one is not clearly better. */
function compare(
  current: readonly Row[],
  other: readonly Row[],
): { fit: Fit; current: Fit; images: number } | undefined {
  const pairs = current.flatMap((before, n) => {
    const after = other[n];
    return after && before.finite && after.finite ? [{ before, after }] : [];
  });
  const count = pairs.length;
  if (count < FEWEST_IMAGES) return undefined;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / count;
  const gains = pairs.map(({ before, after }) => before.loss - after.loss);
  const gain = mean(gains);
  const variance = (mean(gains.map((value) => (value - gain) ** 2)) * count) / (count - 1);
  const fitOf = (rows: readonly Row[]): Fit => ({
    right: rows.filter(({ right }) => right).length,
    loss: mean(rows.map(({ loss }) => loss)),
  });
  const [before, after] = [fitOf(pairs.map((pair) => pair.before)), fitOf(pairs.map((pair) => pair.after))];
  const clearly =
    gain > 0 && gain > STANDARD_ERRORS * Math.sqrt(variance / count) && after.right >= before.right;
  return clearly ? { fit: after, current: before, images: count } : undefined;
}

/**
 * What nothing rules out, the likeliest first: mean and std that are declared stay, and so does an order of colours.
 * @param includingOwn also what the network is given now
 */
function candidatesFor(
  spec: InputSpec,
  { origins, spec: given }: ProbeOptions['found'],
  imageChannels: number,
  includingOwn = false,
): Candidate[] {
  const channels = spec.channels ?? imageChannels;
  const declares = (key: 'mean' | 'std' | 'channelOrder'): boolean =>
    given[key] !== undefined && ['flag', 'sidecar', 'metadata'].includes(origins[key]);
  const keepsMeans = declares('mean') || declares('std');
  const conventions = inputConventions
    .filter((one) => fitsChannels(one, channels) && (!keepsMeans || !one.mean))
    .map((one) => (keepsMeans ? { ...one, mean: given.mean, std: given.std } : one));
  const orders = (one: (typeof conventions)[number]): ('RGB' | 'BGR')[] => {
    if (channels !== 3 || imageChannels === 1) return ['RGB'];
    if (declares('channelOrder')) return [given.channelOrder];
    return one.channelOrder === 'RGB' ? ['RGB', 'BGR'] : ['BGR', 'RGB'];
  };
  const named = [0, 1].flatMap((place) =>
    conventions.flatMap((one): Candidate[] => {
      const channelOrder = orders(one)[place];
      if (!channelOrder) return [];
      const { range, mean, std } = one;
      const plain = one.name.replace(', BGR', '') + (keepsMeans ? ' with the declared mean and std' : '');
      const where = spec.layout === given.layout ? '' : ` in the layout ${spec.layout}`;
      const name = `${plain}${channelOrder === 'BGR' ? ', BGR' : ''}${where}`;
      return [{ name, layout: spec.layout, range, channelOrder, mean, std }];
    }),
  );
  return includingOwn ? named : named.filter((one) => !isSame(one, given, channels));
}

function isSame(one: Candidate, spec: InputSpec, channels: number): boolean {
  const [a, b] = [affineOf(one, channels), affineOf(spec, channels)];
  const close = (x: readonly number[], y: readonly number[]): boolean =>
    x.every((value, i) => Math.abs(value - (y[i] ?? NaN)) <= 1e-4 * Math.max(1, Math.abs(value)));
  return one.channelOrder === spec.channelOrder && close(a.scale, b.scale) && close(a.shift, b.shift);
}

/** The same network with its channels elsewhere; undefined where its shape, or what is declared, says that they aren't. */
function otherLayout(
  { spec, origins }: ProbeOptions['found'],
  [, ...image]: readonly number[],
): InputSpec | undefined {
  if (origins.layout !== 'assumed') return undefined;
  const layout = spec.layout === 'NHWC' ? 'NCHW' : 'NHWC';
  const { height, width, channels } = spec;
  const [first, second, third] =
    spec.layout === 'NHWC' ? [height, width, channels] : [channels, height, width];
  const sizes = layout === 'NHWC' ? [first, second, third] : [second, third, first];
  const fits = sizes.every((size, axis) => size === null || size === image[axis]);
  const [h = null, w = null, c = null] = sizes;
  return fits ? { ...spec, layout, height: h, width: w, channels: c } : undefined;
}

/**
 * Images with such values that a network which takes images as `spec` says sees them as the candidate has them. Gray images
 * become as many channels as the network takes.
 */
function asSeenIn(
  images: NdArray<'float32'>,
  candidate: Omit<Candidate, 'name'>,
  spec: InputSpec,
): NdArray<'float32'> {
  const [count = 0, height = 0, width = 0, actual = 1] = images.shape;
  const channels = spec.channels ?? actual;
  const pixels = count * height * width;
  const wanted = affineOf(candidate, channels);
  const own = affineOf(spec, channels);
  const turned = candidate.channelOrder !== spec.channelOrder && channels === 3;
  const data = new Float32Array(pixels * channels);
  for (let channel = 0; channel < channels; channel++) {
    // Both conventions name the network's channels; the images are in the order RGB.
    const place = spec.channelOrder === 'BGR' && channels === 3 ? channels - 1 - channel : channel;
    const from = turned ? channels - 1 - channel : channel;
    const unit = own.scale[place] ?? 1;
    const scale = (wanted.scale[place] ?? 1) / unit;
    const shift = ((wanted.shift[place] ?? 0) - (own.shift[place] ?? 0)) / unit;
    for (let pixel = 0; pixel < pixels; pixel++) {
      const value = images.data[pixel * actual + Math.min(from, actual - 1)] ?? 0;
      data[pixel * channels + channel] = value * scale + shift;
    }
  }
  return float32(data, [count, height, width, channels]);
}

function firstImages({ data, shape: [, ...rest] }: NdArray<'float32'>, count: number): NdArray<'float32'> {
  return float32(data.subarray(0, count * sizeOf(rest)), [count, ...rest]);
}
