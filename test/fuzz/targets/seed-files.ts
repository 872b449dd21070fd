import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { onnx } from 'onnx-proto';
import { encodeNpyHeader, type NpyType } from '../../../src/core/data/npy';
import { encodeLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import { fineTuneOnnx } from '../../../src/core/models/onnx/training/fine-tune-onnx';
import { encodeNetwork } from '../../../src/core/models/trained/encode-network';
import { assortment, mobileNetV2 } from '../../support/image-networks';
import { graphOfLayers } from '../../support/layers-to-graph';
import { noise } from '../../unit/engine/engine-fixture';
import { encode, floats, ints, modelProto } from '../../unit/models/onnx/build-model';
import { fixtureFile } from '../../unit/models/onnx/fixtures';
import { smallModel } from '../../unit/models/support';

export const fileKinds = ['onnx', 'layers', 'graph', 'npy'] as const;
export type FileKind = (typeof fileKinds)[number];

/** Files that are read together and are in order: what mutations start from. */
export interface SeedFiles {
  readonly name: string;
  readonly kind: FileKind;
  /** The file that is named to the reader. */
  readonly main: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Every kind of file that a person can bring: exported by torch, with external data, layers, graphs, arrays. */
export async function seedFiles(): Promise<SeedFiles[]> {
  return [
    ...(await Promise.all(
      ['mixed', 'mixed-opset11', 'mobilenet-v3', 'resnet18', 'vgg11-fixed-batch'].map(async (name) =>
        oneOnnx(name, await readFile(fixtureFile(name))),
      ),
    )),
    oneOnnx('assorted', Buffer.from(encode(assorted()))),
    oneOnnx('pooled', Buffer.from(encode(pooled()))),
    external(pooled()),
    layers('layers', smallModel('preact-resnet')),
    layers('layers-cnn', smallModel('small-cnn')),
    layers('layers-assortment', assortment()),
    await onnxCheckpoint(),
    graph('graph', assortment()),
    graph('graph-quantized', assortment(), 'uint8'),
    graph(
      'graph-mobile',
      mobileNetV2({ size: 33, classes: 5, channels: (n) => Math.max(2, Math.round(n / 32)) }),
    ),
    ...(['|u1', '<f4', '<f8'] as const).map((type) => npy(type)),
  ];
}

/** What {@link npy}'s arrays hold. */
export const arrayShape = [6, 5, 4, 3] as const;
export const arrayClasses = 10;

const oneOnnx = (name: string, content: Buffer): SeedFiles => ({
  name,
  kind: 'onnx',
  main: 'model.onnx',
  files: new Map([['model.onnx', content]]),
});

/** A layer of each family, shapes that are computed, a constant, a softmax. */
function assorted(): onnx.IModelProto {
  return modelProto({
    opset: 17,
    input: ['n', 3, 8, 8],
    nodes: [
      { op: 'Sub', inputs: ['x', 'mean'], outputs: ['centred'] },
      { op: 'Pad', inputs: ['centred', 'pads'], outputs: ['padded'] },
      { op: 'Conv', inputs: ['padded', 'k'], outputs: ['c'], attributes: { strides: [2, 2] } },
      { op: 'LeakyRelu', inputs: ['c'], outputs: ['r'], attributes: { alpha: { float: 0.1 } } },
      { op: 'Conv', inputs: ['r', 'd'], outputs: ['g'], attributes: { group: 4, pads: [1, 1, 1, 1] } },
      { op: 'Concat', inputs: ['r', 'g'], outputs: ['both'], attributes: { axis: 1 } },
      {
        op: 'MaxPool',
        inputs: ['both'],
        outputs: ['m'],
        attributes: { kernel_shape: [2, 2], strides: [1, 1] },
      },
      { op: 'Slice', inputs: ['m', 'from', 'to', 'axes'], outputs: ['s'] },
      { op: 'Shape', inputs: ['s'], outputs: ['shape'] },
      { op: 'Gather', inputs: ['shape', 'zero'], outputs: ['n'], attributes: { axis: 0 } },
      { op: 'Concat', inputs: ['n', 'rest'], outputs: ['flat'], attributes: { axis: 0 } },
      { op: 'Reshape', inputs: ['s', 'flat'], outputs: ['f'] },
      {
        op: 'Constant',
        inputs: [],
        outputs: ['w'],
        attributes: { value: { tensor: floats('w', noise([72, 5])) } },
      },
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['logits'] },
      { op: 'Softmax', inputs: ['logits'], outputs: ['y'], attributes: { axis: -1 } },
    ],
    tensors: [
      floats('mean', noise([1, 3, 1, 1])),
      floats('k', noise([4, 3, 3, 3])),
      floats('d', noise([4, 1, 3, 3])),
      ints('pads', [0, 0, 1, 1, 0, 0, 1, 1]),
      ints('from', [0, 0]),
      ints('to', [3, 3]),
      ints('axes', [2, 3]),
      ints('zero', [0]),
      ints('rest', [-1]),
    ],
    outputs: [{ name: 'y', shape: ['n', 5] }],
  });
}

function pooled(): onnx.IModelProto {
  return modelProto({
    opset: 13,
    input: ['n', 3, 6, 6],
    nodes: [
      { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'] },
      { op: 'GlobalAveragePool', inputs: ['c'], outputs: ['p'] },
      { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['logits'] },
    ],
    tensors: [floats('k', noise([4, 3, 3, 3])), floats('w', noise([4, 5])), floats('b', noise([5]))],
    outputs: [{ name: 'logits', shape: ['n', 5] }],
  });
}

/** The same model with its weights in another file. */
function external(model: onnx.IModelProto): SeedFiles {
  const parts: Buffer[] = [];
  let offset = 0;
  for (const tensor of model.graph?.initializer ?? []) {
    const raw = Buffer.from(tensor.rawData ?? []);
    tensor.rawData = new Uint8Array();
    tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    tensor.externalData = Object.entries({ location: 'weights.bin', offset, length: raw.length }).map(
      ([key, value]) => ({ key, value: `${value}` }),
    );
    parts.push(raw);
    offset += raw.length;
  }
  const files = new Map([
    ['model.onnx', Buffer.from(encode(model))],
    ['weights.bin', Buffer.concat(parts)],
  ]);
  return { name: 'external-data', kind: 'onnx', main: 'model.onnx', files };
}

function layers(name: string, model: tf.LayersModel): SeedFiles {
  const { modelJson, weights } = encodeLayersModel(model, { weightsFile: 'weights.bin', metadata: {} });
  model.dispose();
  const files = new Map([
    ['model.json', Buffer.from(modelJson)],
    ['weights.bin', Buffer.from(weights)],
  ]);
  return { name, kind: 'layers', main: 'model.json', files };
}

/** Of a training that began with an ONNX file; without checksums, so that damage is read. */
async function onnxCheckpoint(): Promise<SeedFiles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-seed-'));
  try {
    const file = path.join(folder, 'net.onnx');
    await writeFile(file, encode(pooled()));
    const { model } = await fineTuneOnnx(file, {
      ...{ inputShape: [6, 6, 3], classes: 5, seed: 1, head: 'auto', freeze: [] },
    });
    const metadata = { classNames: ['a', 'b', 'c', 'd', 'e'] };
    const { modelJson, weights, weightsFile } = encodeNetwork(model, { version: '1', metadata });
    model.dispose();
    const files = new Map([
      ['model.json', Buffer.from(modelJson)],
      [weightsFile, Buffer.from(weights)],
    ]);
    return { name: 'onnx-checkpoint', kind: 'layers', main: 'model.json', files };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function graph(name: string, model: tf.LayersModel, quantization?: 'uint8'): SeedFiles {
  const { writer, output } = graphOfLayers(model);
  const classes = model.outputs[0]?.shape[1] ?? 0;
  const { json, bytes } = writer.encode({ [output]: [-1, classes] }, quantization);
  model.dispose();
  const files = new Map([
    ['model.json', Buffer.from(JSON.stringify(json))],
    ['group1-shard1of1.bin', Buffer.from(bytes)],
  ]);
  return { name, kind: 'graph', main: 'model.json', files };
}

function npy(type: NpyType & ('|u1' | '<f4' | '<f8')): SeedFiles {
  const values = noise(arrayShape).data.map((value) => Math.min(1, Math.abs(value)));
  const pixels =
    type === '|u1'
      ? Uint8Array.from(values, (value) => 255 * value)
      : type === '<f4'
        ? values
        : Float64Array.from(values);
  const labels = Int32Array.from({ length: arrayShape[0] }, (_, n) => n % arrayClasses);
  const files = new Map([
    ['x.npy', Buffer.concat([encodeNpyHeader(type, arrayShape), Buffer.from(pixels.buffer)])],
    ['y.npy', Buffer.concat([encodeNpyHeader('<i4', [arrayShape[0]]), Buffer.from(labels.buffer)])],
  ]);
  return { name: path.join('arrays', type), kind: 'npy', main: 'x.npy', files };
}
