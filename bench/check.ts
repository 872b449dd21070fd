import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Device } from '../src/core/engine/devices/device';
import type { BenchNetwork } from './networks';
import { OurSide } from './our-side';
import type { TorchPeer } from './torch-peer';

const BATCH = 8;
const STEPS = 3;

/** How far the two sides are apart, with the same weights and images. */
export interface Agreement {
  /** Largest difference of a logit (eval mode) over the largest logit. */
  readonly logits: number;
  /** Largest relative difference of the losses of some SGD steps: each depends on the gradients of those before. */
  readonly losses: number;
}

/** Copies our weights and a batch to PyTorch and compares what both compute. */
export async function compareNumbers(
  device: Device,
  peer: TorchPeer,
  { model, title }: BenchNetwork,
): Promise<Agreement> {
  const ours = new OurSide(device, model, BATCH);
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-bench-'));
  try {
    const parameters = await peer.build({ network: model, batch: BATCH });
    if (parameters !== ours.parameters) {
      throw new Error(
        `${title}: our network has ${ours.parameters} parameters, PyTorch's has ${parameters}.`,
      );
    }
    const file = path.join(folder, 'weights.bin');
    const weights = ours.model.trainableWeights.map((weight) => ({
      ...nameOf(weight.originalName),
      value: weight.read(),
    }));
    const arrays = [...weights.map(({ value }) => value.dataSync<'float32'>()), ours.batch.images.data];
    await writeFile(file, Buffer.concat(arrays.map((array) => Buffer.from(Float32Array.from(array).buffer))));
    await peer.load({
      file,
      weights: weights.map(({ layer, part, value }) => ({ layer, part, shape: value.shape })),
      images: ours.batch.images.shape,
      labels: [...ours.batch.labels],
    });

    const ourLogits = await ours.logits();
    const theirLogits = await peer.logits();
    const largest = Math.max(...theirLogits.map(Math.abs));
    const logits = Math.max(...theirLogits.map((value, i) => Math.abs(value - (ourLogits[i] ?? NaN))));

    let losses = 0;
    for (let step = 0; step < STEPS; step++) {
      const [our, their] = [await ours.step('standard'), await peer.sgdStep()];
      losses = Math.max(losses, Math.abs(our / their - 1));
    }
    return { logits: logits / largest, losses };
  } finally {
    await rm(folder, { recursive: true, force: true });
    await ours.dispose();
  }
}

/** `stem/kernel` is `stem.weight` in PyTorch. */
function nameOf(weight: string): { readonly layer: string; readonly part: string } {
  const [layer = '', part = ''] = weight.split('/');
  const parts: Partial<Record<string, string>> = {
    kernel: 'weight',
    gamma: 'weight',
    beta: 'bias',
    bias: 'bias',
  };
  const known = parts[part];
  if (known === undefined) throw new Error(`The weight ${weight} has no counterpart in PyTorch.`);
  return { layer, part: known };
}
