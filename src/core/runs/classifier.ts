import path from 'node:path';
import type { Victim } from '../attacks/victim';
import type { Device } from '../engine/device';
import { float32 } from '../engine/nd-array';
import { M2atError } from '../errors';
import { importTfjsModel } from '../models/import-tfjs-model';
import type { ImportedModel } from '../models/imported-model';
import { findInputSpec, type FoundInputSpec } from '../models/input-spec';
import { loadOnnxModel } from '../models/onnx/load-onnx-model';
import { logitsOf } from '../models/prepare-input';

/** A classifier from a file, whatever its format, with what it wants as input. */
export interface Classifier extends FoundInputSpec {
  /** Absolute path of the `model.json` or `.onnx` that was read. */
  readonly file: string;
  readonly model: ImportedModel;
}

/**
 * Loads a TF.js layers or graph model, or an `.onnx` file.
 * @param file a `model.json`, the folder that holds one, or an `.onnx`
 * @throws M2atError `checkpoint` for whatever is wrong with it; `unsupported` for an op that is not understood;
 * `bad-input` for a sidecar that does not fit it
 */
export async function loadClassifier(file: string): Promise<Classifier> {
  const loaded = /\.onnx$/i.test(file)
    ? { model: await loadOnnxModel(file), modelFile: path.resolve(file) }
    : await importTfjsModel(file);
  const { model, modelFile } = loaded;
  try {
    const { inputShape } = model;
    if (inputShape.length !== 4) {
      throw new M2atError('checkpoint', `takes inputs of ${inputShape.length} dimensions`, {
        where: modelFile,
        hint: 'Images have four: [N, H, W, C] or [N, C, H, W].',
      });
    }
    return { ...(await findInputSpec(modelFile, model)), file: modelFile, model };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/**
 * The classifier as a victim on a device.
 * @param imageShape height, width and channels of the images
 * @throws M2atError `unsupported` for fewer than two classes
 */
export async function victimOf(
  { model, spec, file }: Classifier,
  device: Device,
  imageShape: readonly number[],
): Promise<Victim> {
  const logits = logitsOf(model, spec);
  const classes = model.classes ?? (await countClasses(device, logits, imageShape));
  assertClasses(classes, file);
  return { device, classes, logits };
}

/** @throws M2atError `unsupported` for fewer than two classes */
export function assertClasses(classes: number, where: string): void {
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
    const size = imageShape.reduce((product, dimension) => product * dimension, 1);
    const [output] = await program.run(float32(new Float32Array(size), [1, ...imageShape]));
    return output?.shape.at(-1) ?? 0;
  } finally {
    await program.dispose();
  }
}
