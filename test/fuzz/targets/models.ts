import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readImageArrays } from '../../../src/core/data/image-arrays';
import { currentBackend } from '../../../src/core/engine/arrays/current-backend';
import type { Device } from '../../../src/core/engine/devices/device';
import { float32, sizeOf } from '../../../src/core/engine/arrays/nd-array';
import { OnnxCpuDevice } from '../../../src/core/engine/devices/onnx-cpu-device';
import { fineTuneOnnx } from '../../../src/core/models/onnx/training/fine-tune-onnx';
import { loadForwardOnly } from '../../../src/core/models/onnx/forward-only';
import { Random } from '../../../src/core/random';
import { loadClassifier, victimOf } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { assertFound, type FuzzInput, type FuzzTarget } from '../fuzz-target';
import { mutateBytes, pick } from '../mutate/mutate-bytes';
import { mutateJson } from '../mutate/mutate-json';
import { mutateNpy } from '../mutate/mutate-npy';
import { mutateOnnx } from '../mutate/mutate-onnx';
import { mutateText } from '../mutate/mutate-text';
import { arrayClasses, seedFiles, type FileKind, type SeedFiles } from './seed-files';

/** Of this many files, one that loads is also run forwards; and one is given to ONNX Runtime as it is. */
const FORWARD_PERIOD = 4;
const DIRECT_PERIOD = 5;
/** Of this many, one is begun to be trained. */
const TRAINING_PERIOD = 5;
/** Images of more numbers are not run. */
const MAX_NUMBERS = 2 ** 18;

/** Models and arrays of one kind: several files, of which one is damaged. */
export async function filesTarget(kind: FileKind, folder: string): Promise<FuzzTarget> {
  currentBackend();
  const originals = (await seedFiles()).filter((files) => files.kind === kind);
  const device = await OnnxCpuDevice.open({ threads: 1, layout: 'portable' });
  return {
    input: (seed) => damaged(originals, seed),
    async attempt(input, seed) {
      const place = path.join(folder, `${seed}`);
      try {
        await mkdir(place, { recursive: true });
        for (const [name, content] of input.files) await writeFile(path.join(place, name), content);
        const [main = ''] = input.files.keys();
        await use(kind, path.join(place, main), { device, seed });
        return 'accepted';
      } finally {
        await rm(place, { recursive: true, force: true });
      }
    },
    close: () => device.dispose(),
  };
}

function damaged(originals: readonly SeedFiles[], seed: number): FuzzInput {
  const random = Random.keyed(seed, 'file-fuzz');
  const original = pick(random, originals);
  const { kind, main } = original;
  const others = [...original.files.keys()].filter((name) => name !== main);
  const other = others.length > 0 && random.int(6) === 0 ? pick(random, others) : undefined;
  const name = other ?? main;
  const content = original.files.get(name) ?? Buffer.alloc(0);
  const byFormat = other === undefined && random.int(3) > 0;
  const { bytes, label } = byFormat ? mutateFormat(kind, content, random) : mutateBytes(content, random);
  // The file that is named to the reader comes first.
  const files = new Map([[main, original.files.get(main) ?? content], ...original.files]).set(name, bytes);
  return { files, label: `${original.name}, ${name}: ${label}` };
}

function mutateFormat(kind: FileKind, content: Buffer, random: Random): { bytes: Buffer; label: string } {
  switch (kind) {
    case 'onnx':
      return mutateOnnx(content, random);
    case 'npy':
      return mutateNpy(content, random);
    case 'layers':
    case 'graph': {
      const text = content.toString('utf8');
      if (random.int(3) === 0) return mutateText(text, JSON.parse(text), random);
      const edited = mutateJson(text, random);
      return { bytes: Buffer.from(edited.text), label: edited.label };
    }
  }
}

async function use(
  kind: FileKind,
  file: string,
  { device, seed }: { readonly device: Device; readonly seed: number },
): Promise<void> {
  if (kind === 'npy') {
    const labels = path.join(path.dirname(file), 'y.npy');
    const set = await readImageArrays(
      { images: file, labels },
      { shape: [null, null, null], classes: arrayClasses },
    );
    const size = set.count * set.height * set.width * set.channels;
    assertFound(
      size === set.images.length && set.labels.length === set.count,
      `no images: ${JSON.stringify({ ...set, images: 0, labels: 0 })}`,
    );
    return;
  }
  const runs = seed % FORWARD_PERIOD === 0;
  if (kind === 'onnx' && seed % DIRECT_PERIOD === 1) return runDirectly(file);
  if (kind === 'onnx' && seed % TRAINING_PERIOD === 2) return beginTraining(file);
  const classifier = await loadClassifier(formats, file);
  try {
    const { height, width, channels } = classifier.spec;
    const shape = [height ?? 33, width ?? 33, channels ?? 3];
    assertFound(
      shape.every((side) => Number.isInteger(side) && side > 0),
      `images of ${shape.join(' x ')}`,
    );
    const canRun = sizeOf(shape) <= MAX_NUMBERS && (classifier.forwardOnly !== undefined || runs);
    if (!canRun) return;
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
  } finally {
    classifier.model.dispose();
  }
}

/** As a training does that begins with it. */
async function beginTraining(file: string): Promise<void> {
  const classifier = await loadClassifier(formats, file);
  const { height, width, channels } = classifier.spec;
  const classes = classifier.model.classes ?? 10;
  classifier.model.dispose();
  const inputShape = [height ?? 33, width ?? 33, channels ?? 3] as const;
  if (sizeOf(inputShape) > MAX_NUMBERS) return;
  const options = { classes, seed: 1, head: 'auto' as const, freeze: [] };
  const { model } = await fineTuneOnnx(file, { ...options, inputShape });
  model.dispose();
}

/** As score- and decision-based attacks do: ONNX Runtime reads the file. */
async function runDirectly(file: string): Promise<void> {
  const model = await loadForwardOnly(file, { threads: 1 });
  try {
    const shape = model.inputShape.map((size, axis) => size ?? [1, 3, 33, 33][axis] ?? 1);
    if (sizeOf(shape) > MAX_NUMBERS) return;
    await model.logits(float32(new Float32Array(sizeOf(shape)).fill(0.5), shape));
  } finally {
    await model.dispose();
  }
}
