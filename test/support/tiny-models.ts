import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeNpyHeader } from '../../src/core/data/npy';
import { GraphWriter } from './graph-writer';
import { encode, modelProto } from '../unit/models/onnx/build-model';

/** Pixels of a side. */
const SIDE = 8;

/**
 * Networks without weights that tell which colour an image has the most of: the mean of each channel is its logit.
 * The same in each format, so that the same images suit them all.
 * @param pooling another one makes another network: the brightest pixel of each channel is its logit
 */
export async function writeLayersModel(
  folder: string,
  pooling: 'GlobalAveragePooling2D' | 'GlobalMaxPooling2D' = 'GlobalAveragePooling2D',
): Promise<string> {
  const layers = [
    {
      class_name: 'InputLayer',
      config: { batch_input_shape: [null, SIDE, SIDE, 3], dtype: 'float32', name: 'image' },
    },
    {
      class_name: pooling,
      config: { name: 'mean', data_format: 'channels_last', trainable: true },
    },
  ];
  const modelTopology = {
    class_name: 'Sequential',
    config: { name: 'colours', layers },
    keras_version: 'tfjs-layers 4.22.0',
    backend: 'tensor_flow.js',
  };
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, 'model.json');
  await writeFile(file, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: [] }));
  return file;
}

export function writeGraphModel(folder: string): Promise<string> {
  const writer = new GraphWriter();
  const image = writer.input('image', [-1, SIDE, SIDE, 3]);
  const mean = writer.node('mean', 'Mean', [image, writer.ints('axes', [1, 2])], {
    keep_dims: { bool: false },
  });
  return writer.save(folder, { [mean]: [-1, 3] });
}

/** @param op an operator to put in that changes no decision, and that has no gradient */
export async function writeOnnxModel(file: string, op?: 'Hardmax'): Promise<string> {
  const nodes = [
    { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'] },
    { op: 'Flatten', inputs: ['mean'], outputs: [op ? 'flat' : 'logits'] },
    ...(op
      ? [
          { op, inputs: ['flat'], outputs: ['most'], name: 'most_of_all' },
          { op: 'Add', inputs: ['flat', 'most'], outputs: ['logits'] },
        ]
      : []),
  ];
  const model = {
    opset: 13,
    input: ['n', 3, SIDE, SIDE],
    nodes,
    outputs: [{ name: 'logits', shape: ['n', 3] }],
  };
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, encode(modelProto(model)));
  return file;
}

/** Images that are random but for their colour, whose channel is 0.1 brighter, and those colours. */
export async function writeArrays(
  folder: string,
  count: number,
): Promise<{ images: string; labels: string }> {
  const pixels = new Float32Array(count * SIDE * SIDE * 3);
  const colours = Uint8Array.from({ length: count }, (_, n) => n % 3);
  let state = 1;
  for (let at = 0; at < pixels.length; at++) {
    state = (state * 48271) % 0x7fffffff;
    const colour = colours[Math.floor(at / (SIDE * SIDE * 3))];
    pixels[at] = 0.3 + 0.2 * (state / 0x7fffffff) + (at % 3 === colour ? 0.1 : 0);
  }
  await mkdir(folder, { recursive: true });
  const images = path.join(folder, 'images.npy');
  const labels = path.join(folder, 'labels.npy');
  const header = encodeNpyHeader('<f4', [count, SIDE, SIDE, 3]);
  await writeFile(images, Buffer.concat([header, Buffer.from(pixels.buffer)]));
  await writeFile(labels, Buffer.concat([encodeNpyHeader('|u1', [count]), colours]));
  return { images, labels };
}
