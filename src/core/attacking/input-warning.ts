import path from 'node:path';
import type { FoundInputSpec, InputSpec } from '../models/input/input-spec';
import { FEWEST_IMAGES, type Candidate, type ProbeResult } from './probe-input';

/** At most a quarter of the way from guessing to perfect, or not told from guessing on so few images. */
export function isSuspicious(accuracy: number, chance: number, count: number): boolean {
  const spread = Math.sqrt((chance * (1 - chance)) / Math.max(1, count));
  return accuracy < Math.max(chance + 0.25 * (1 - chance), chance + 2 * spread);
}

export interface CleanResult {
  readonly accuracy: number;
  /** Images that it was measured on. */
  readonly count: number;
  /** The accuracy of guessing. */
  readonly chance: number;
}

/**
 * Whether other conventions of input are worth a look: nothing declares the range of pixels, or the network does badly with
 * what is declared. Networks of this program normalise their input themselves.
 */
export function isProbed(
  { origins }: Pick<FoundInputSpec, 'origins'>,
  { isOwn }: { readonly isOwn?: boolean | undefined },
  { accuracy, chance, count }: CleanResult,
): boolean {
  if (isOwn) return false;
  return ['assumed', 'graph'].includes(origins.range) || isSuspicious(accuracy, chance, count);
}

/**
 * The warning that images are probably given to the network in another way than it was trained with, or that it does badly.
 * @param probe what other conventions gave; undefined where none was tried
 * @returns undefined when there is nothing to say
 */
export function inputWarning(
  found: FoundInputSpec,
  { isOwn }: { readonly isOwn?: boolean | undefined },
  clean: CleanResult,
  probe: ProbeResult | undefined,
): string | undefined {
  if (isOwn) return undefined;
  const { spec, origins, sidecar } = found;
  if (probe?.better) {
    const { candidate, fit, current, images } = probe.better;
    const origin =
      origins.range === 'assumed' ? 'assumed' : origins.range === 'graph' ? 'recognised' : 'declared';
    return (
      `Another convention of input is clearly better: on ${images} images ${candidate.name} gives ${fit.right} right and a ` +
      `mean cross-entropy of ${number(fit.loss)}, what is ${origin} (${described(spec)}) ${current.right} and ` +
      `${number(current.loss)}.${cutText(probe)} If the network was trained like that, the accuracies here say nothing: give ` +
      `${flagsOf(candidate, spec)}, or put ${JSON.stringify(sidecarOf(candidate, spec))} into ${path.basename(sidecar)}.`
    );
  }
  const { accuracy, chance, count } = clean;
  if (!isSuspicious(accuracy, chance, count)) return undefined;
  const none =
    probe && probe.tried > 0
      ? ` None of ${probe.tried} other conventions of input does clearly better on ${probe.images} images.${cutText(probe)}`
      : '';
  return (
    `The clean accuracy of ${percent(accuracy)} is low (guessing: ${percent(chance)}).${none} Look at the order of the ` +
    `classes, at the layout (${spec.layout}) and the output, and whether the images are of the kind that the network was ` +
    'trained on; it may also be hardly trained.'
  );
}

/** What was tried, for the log. */
export function probeText({ tried, of, images, seconds, better }: ProbeResult): string {
  const outcome = better ? `${better.candidate.name} is clearly better` : 'none is clearly better';
  const cut = tried < of ? '; there was no time for more' : '';
  if (images < FEWEST_IMAGES)
    return `Other conventions of input were not tried: ${images} images tell too little.`;
  return tried === 0
    ? `Other conventions of input were not tried: there is no time for the first of ${of}.`
    : `Tried ${tried} of ${of} other conventions of input on ${images} images in ${seconds.toFixed(1)} s${cut}: ${outcome}.`;
}

function cutText({ tried, of }: ProbeResult): string {
  return tried < of ? ` (Only ${tried} of ${of} were tried: the time was up.)` : '';
}

/** As flags of `m2at attack`. */
function flagsOf({ layout, range, channelOrder, mean, std }: Candidate, spec: InputSpec): string {
  return [
    `--range ${range.join(',')}`,
    ...(mean ? [`--mean ${mean.join(',')}`] : []),
    ...(std ? [`--std ${std.join(',')}`] : []),
    ...(channelOrder === spec.channelOrder ? [] : [`--channel-order ${channelOrder}`]),
    ...(layout === spec.layout ? [] : [`--layout ${layout}`]),
  ].join(' ');
}

/** As a sidecar has it. */
function sidecarOf(
  { layout, range, channelOrder, mean, std }: Candidate,
  spec: InputSpec,
): Partial<InputSpec> {
  return {
    range,
    ...(mean ? { mean } : {}),
    ...(std ? { std } : {}),
    ...(channelOrder === spec.channelOrder ? {} : { channelOrder }),
    ...(layout === spec.layout ? {} : { layout }),
  };
}

function described({ range: [least, most], mean, std, channelOrder }: InputSpec): string {
  const list = (name: string, values: readonly number[] | undefined): string =>
    values ? `${name} ${values.join(' ')}` : `no ${name}`;
  const order = channelOrder === 'BGR' ? ', BGR' : '';
  return `[${least}, ${most}]${mean || std ? `, ${list('mean', mean)}, ${list('std', std)}` : ' without mean and std'}${order}`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
