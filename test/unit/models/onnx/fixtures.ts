import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { root } from '../../../support/root';
import { float32, sizeOf, type NdArray } from '../../../../src/core/engine/arrays/nd-array';

const folder = path.join(root, 'test', 'reference', 'onnx');

/** What torch computed for a file: `make_onnx.py` says how. */
export interface Fixture {
  readonly file: string;
  /** [N, 3, H, W] in [0, 1]. */
  readonly images: NdArray<'float32'>;
  readonly labels: readonly number[];
  readonly logits: NdArray<'float32'>;
  readonly gradient: NdArray<'float32'>;
}

const schema = z.object({
  shape: z.array(z.int()),
  images: z.base64(),
  labels: z.array(z.int()),
  logits: z.base64(),
  gradient: z.base64(),
});

export const fixtureNames = [
  'resnet18',
  'wide-resnet',
  'vgg11',
  'vgg11-fixed-batch',
  'mobilenet-v2',
  'mobilenet-v3',
  'mobilenet-v3-opset11',
  'mixed',
  'mixed-opset11',
] as const;

export function fixtureFile(name: string): string {
  return path.join(folder, `${name}.onnx`);
}

export async function readFixture(name: string): Promise<Fixture> {
  const json: unknown = JSON.parse(await readFile(path.join(folder, `${name}.json`), 'utf8'));
  const record = schema.parse(json);
  const pixels = Buffer.from(record.images, 'base64');
  const numbers = (text: string): Float32Array =>
    new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
  const logits = numbers(record.logits);
  const batch = record.shape[0] ?? 1;
  if (pixels.length !== sizeOf(record.shape))
    throw new RangeError(`${name}.json holds other images than it says.`);
  return {
    file: fixtureFile(name),
    images: float32(
      Float32Array.from(pixels, (value) => value / 255),
      record.shape,
    ),
    labels: record.labels,
    logits: float32(logits, [batch, logits.length / batch]),
    gradient: float32(numbers(record.gradient), record.shape),
  };
}
