import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readImageArrays } from '../../../../src/core/data/image-arrays';
import type { Device } from '../../../../src/core/engine/device';
import { float32, sizeOf } from '../../../../src/core/engine/nd-array';
import { M2atError, messageOf } from '../../../../src/core/errors';
import { loadForwardOnly } from '../../../../src/core/models/onnx/forward-only';
import { loadClassifier, victimOf } from '../../../../src/core/runs/classifier';
import type { FileCase } from './file-case';
import { arrayClasses } from './seed-files';

/** How reading damaged files ended; `problem`: what is no way to end. */
export type Outcome =
  | { readonly end: 'works' | 'runs' }
  | { readonly end: 'refused'; readonly code: string; readonly message: string }
  | { readonly end: 'problem'; readonly problem: string };

/** Of this many files, one that loads is also run forwards; and one is given to ONNX Runtime as it is. */
const FORWARD_PERIOD = 4;
const DIRECT_PERIOD = 5;
/** Images of more numbers are not run. */
const MAX_NUMBERS = 2 ** 18;

/** Writes the files of a case into a folder, reads them as the product does, and removes the folder. */
export async function tryFiles(files: FileCase, folder: string, device: Device): Promise<Outcome> {
  try {
    await writeCase(files, folder);
    const ran = await use(files, path.join(folder, files.main), device);
    return { end: ran ? 'runs' : 'works' };
  } catch (error) {
    if (error instanceof M2atError && error.code !== 'internal' && error.what !== '') {
      return { end: 'refused', code: error.code, message: error.message };
    }
    const stack = error instanceof Error ? error.stack : undefined;
    return { end: 'problem', problem: stack ?? messageOf(error) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function writeCase({ files }: FileCase, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeFile(path.join(folder, name), content);
}

async function use({ kind, seed }: FileCase, file: string, device: Device): Promise<boolean> {
  if (kind === 'npy') {
    const labels = path.join(path.dirname(file), 'y.npy');
    await readImageArrays({ images: file, labels }, { shape: [null, null, null], classes: arrayClasses });
    return true;
  }
  const runs = seed % FORWARD_PERIOD === 0;
  if (kind === 'onnx' && seed % DIRECT_PERIOD === 1) return runDirectly(file);
  const classifier = await loadClassifier(file);
  try {
    const { height, width, channels } = classifier.spec;
    const shape = [height ?? 33, width ?? 33, channels ?? 3];
    const canRun = sizeOf(shape) <= MAX_NUMBERS && (classifier.forwardOnly !== undefined || runs);
    if (!canRun) return false;
    const victim = await victimOf(classifier, device, shape);
    const images = float32(new Float32Array(sizeOf(shape)).fill(0.5), [1, ...shape]);
    if ('scores' in victim) await victim.scores.logits(images);
    else {
      const program = device.compile('fuzz', (x) => [victim.logits(x)]);
      try {
        await program.run(images);
      } finally {
        await program.dispose();
      }
    }
    return true;
  } finally {
    classifier.model.dispose();
  }
}

/** As score- and decision-based attacks do: ONNX Runtime reads the file. */
async function runDirectly(file: string): Promise<boolean> {
  const model = await loadForwardOnly(file, { threads: 1 });
  try {
    const shape = model.inputShape.map((size, axis) => size ?? [1, 3, 33, 33][axis] ?? 1);
    if (sizeOf(shape) > MAX_NUMBERS) return false;
    await model.logits(float32(new Float32Array(sizeOf(shape)).fill(0.5), shape));
    return true;
  } finally {
    await model.dispose();
  }
}
