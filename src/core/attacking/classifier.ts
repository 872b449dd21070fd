import { attacks } from '../attacks';
import type { AttackEntry, AttackFacts } from '../attacks/base/define-attack';
import type { ForwardVictim } from '../attacks/base/forward-victim';
import { blackBoxNames, isBlackBox } from '../attacks/plan/attack-list';
import { firstFloat32 } from '../attacks/base/outputs';
import { inFixedBatches } from '../attacks/base/score-model';
import type { Victim } from '../attacks/base/victim';
import type { Device } from '../engine/devices/device';
import { float32, sizeOf, type NdArray } from '../engine/arrays/nd-array';
import { NoiseSource, withNoise } from '../engine/ops/noise';
import { M2atError } from '../errors';
import type { FormatDefinition } from '../models/formats/define-format';
import { formatOf, modelFileOf } from '../models/formats/find-format';
import type { ForwardOnlyModel, ImportedModel } from '../models/imported-model';
import { findInputSpec, readSidecar, sidecarOf, type FoundInputSpec } from '../models/input/input-spec';
import type { InputSpecFile } from '../models/input/input-spec-schema';
import { forwardOnlyHint } from '../models/onnx/forward-only-hint';
import { logitsOf, prepareInput } from '../models/input/prepare-input';
import { withoutKeys } from '../without-keys';

/** Images in one forward pass of a network without gradients. */
const FORWARD_BATCH = 64;

/** A classifier from a file, whatever its format, with what it wants as input. */
export interface Classifier extends FoundInputSpec {
  /** Absolute path of the file that was read. */
  readonly modelFile: string;
  /** Its network throws `noGradient` where there is one. */
  readonly model: ImportedModel;
  /** The same network in ONNX Runtime, where it can't be differentiated. */
  readonly forwardOnly?: ForwardOnlyModel | undefined;
  /** Why it can't: names op, node and opset. */
  readonly noGradient?: M2atError | undefined;
}

/**
 * Checks that a classifier can be attacked in these ways.
 * @throws M2atError `unsupported` for an attack that follows gradients where there are none
 */
export function assertAttackable(
  { noGradient }: Classifier,
  planned: readonly { readonly definition: AttackFacts }[],
): void {
  if (noGradient && !planned.every(({ definition }) => isBlackBox(definition))) throw noGradient;
}

/**
 * Loads a classifier from a file of any of these formats.
 * @param checkpoint the file, or a folder that holds a `model.json`
 * @param told what the user says now of its input and output; it comes before the sidecar
 * @param list the attacks that there are, for messages
 * @throws M2atError `checkpoint` for whatever is wrong with it; `unsupported` for an op that is not understood;
 * `bad-input` for a sidecar or flags that do not fit it
 */
export async function loadClassifier(
  formats: readonly FormatDefinition[],
  checkpoint: string,
  told: InputSpecFile = {},
  list: readonly AttackEntry[] = attacks,
): Promise<Classifier> {
  const modelFile = await modelFileOf(formats, checkpoint);
  const outputName = told.outputName ?? (await readSidecar(sidecarOf(modelFile)))?.outputName;
  const format = await formatOf(formats, modelFile);
  const opened = await openModel(format, modelFile, outputName, list);
  const { model } = opened;
  try {
    const { inputShape } = model;
    if (inputShape.length !== 4) {
      throw new M2atError('checkpoint', `takes inputs of ${inputShape.length} dimensions`, {
        where: modelFile,
        hint: 'Images have four: [N, H, W, C] or [N, C, H, W].',
      });
    }
    return { ...(await findInputSpec(modelFile, model, told)), modelFile, ...opened };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * The classifier as a victim on a device.
 * @param imageShape height, width and channels of the images
 * @param seed of the random numbers that a network with random outputs draws
 * @throws M2atError `unsupported` for fewer than two classes, or a gradient that can't be built
 */
export async function victimOf(
  classifier: Classifier,
  device: Device,
  imageShape: readonly number[],
  seed = 0,
): Promise<Victim | ForwardVictim> {
  const { model, spec, modelFile, forwardOnly } = classifier;
  if (forwardOnly) return forwardVictim(classifier, forwardOnly, device, imageShape);
  // A network for images of any size is tried at the size that they have.
  if (model.inputShape.includes(null, 1)) model.tryOut?.(inputShapeFor(classifier, imageShape));
  const noise = new NoiseSource(seed);
  const network = logitsOf(model, spec);
  const logits: Victim['logits'] = (x) => withNoise(noise, () => network(x));
  const classes = model.classes ?? (await countClasses(device, logits, imageShape));
  assertClasses(classes, modelFile);
  return { device, classes, random: model.random, logits };
}

/** Of one image, as the network gets it. */
function inputShapeFor({ model, spec }: Classifier, [h = 1, w = 1, c = 1]: readonly number[]): number[] {
  const batch = model.inputShape[0] ?? 1;
  const [height, width, channels] = [spec.height ?? h, spec.width ?? w, spec.channels ?? c];
  return spec.layout === 'NCHW' ? [batch, channels, height, width] : [batch, height, width, channels];
}

/** A model that only runs forwards throws, in place of its network, why that is so. */
async function openModel(
  format: FormatDefinition,
  modelFile: string,
  outputName: string | undefined,
  list: readonly AttackEntry[],
): Promise<Pick<Classifier, 'model' | 'forwardOnly' | 'noGradient'>> {
  const opened = await format.open(modelFile, { outputName }).catch((error: unknown) => {
    throw withAttackNames(error, list);
  });
  if ('model' in opened) return { model: opened.model };
  const { forwardOnly } = opened;
  const noGradient = withAttackNames(opened.noGradient, list);
  const model: ImportedModel = {
    ...withoutKeys(forwardOnly, ['logits', 'dispose']),
    format: format.id,
    weights: [],
    forward: () => {
      throw noGradient;
    },
    dispose: () => void forwardOnly.dispose(),
  };
  return { model, forwardOnly, noGradient };
}

/** Loading knows no attacks: which of them need no gradient is said here. */
function withAttackNames<E>(error: E, list: readonly AttackEntry[]): E | M2atError {
  if (!(error instanceof M2atError) || error.hint?.endsWith(forwardOnlyHint) !== true) return error;
  const { code, what, where, lines, hint, cause } = error;
  const named = `${hint} They are ${blackBoxNames(list).sort().join(', ')}.`;
  return new M2atError(code, what, { ...(where === undefined ? {} : { where }), lines, hint: named, cause });
}

async function forwardVictim(
  { spec, modelFile }: Classifier,
  model: ForwardOnlyModel,
  device: Device,
  imageShape: readonly number[],
): Promise<ForwardVictim> {
  const prepare = device.compile('prepare-input', (images) => [prepareInput(spec)(images)]);
  const forward = async (images: NdArray<'float32'>): Promise<NdArray<'float32'>> => {
    const outputs = await model.logits(firstFloat32(await prepare.run(images)));
    if (spec.outputs === 'logits') return outputs;
    return float32(
      outputs.data.map((share) => Math.log(Math.max(share, 1.2e-38))),
      outputs.shape,
    );
  };
  const one = float32(new Float32Array(sizeOf(imageShape)), [1, ...imageShape]);
  const classes = model.classes ?? (await forward(one)).shape[1] ?? 0;
  assertClasses(classes, modelFile);
  return { device, classes, scores: inFixedBatches(classes, FORWARD_BATCH, forward) };
}

/** @throws M2atError `unsupported` for fewer than two classes */
function assertClasses(classes: number, where: string): void {
  if (classes >= 2) return;
  throw new M2atError('unsupported', `the network has ${classes} output: there is no other class`, {
    where,
    hint: 'Attacks need at least two logits. A single logit z of a binary classifier is the same as (0, z).',
  });
}

async function countClasses(
  device: Device,
  logits: Victim['logits'],
  imageShape: readonly number[],
): Promise<number> {
  const program = device.compile('count-classes', (images) => [logits(images)]);
  try {
    const [output] = await program.run(float32(new Float32Array(sizeOf(imageShape)), [1, ...imageShape]));
    return output?.shape.at(-1) ?? 0;
  } finally {
    await program.dispose();
  }
}
