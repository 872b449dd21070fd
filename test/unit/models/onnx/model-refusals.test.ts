import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { onnx } from 'onnx-proto';
import { float32 } from '../../../../src/core/engine/arrays/nd-array';
import type { ErrorCode } from '../../../../src/core/errors';
import { loadOnnxModel } from '../../../../src/core/models/onnx/load-onnx-model';
import { encode, floats, ints, modelProto, scalar, type ModelOf, type NodeOf } from './build-model';
import { onnxFolder, small } from './onnx-folder';

describe('ONNX files that are refused', () => {
  const at = onnxFolder();

  it('an op that is not understood: op, node, opset, and what works', async () => {
    await at.write({
      ...small,
      nodes: small.nodes.map((node) =>
        node.op === 'Flatten' ? { ...node, op: 'Det', name: 'head/det' } : node,
      ),
    });
    await at.refused(
      'unsupported',
      /the op Det \(node head\/det, opset 13\)\nAttacks that need only forward passes run on any/,
      false,
    );
  });

  it('an op of another domain', async () => {
    await at.write({
      ...small,
      nodes: small.nodes.map((node) => (node.op === 'Flatten' ? { ...node, domain: 'com.example' } : node)),
    });
    await at.refused('unsupported', /the op com\.example\.Flatten \(node Flatten_2, opset 13\)/, false);
  });

  for (const opset of [9, 10, 22]) {
    it(`opset ${opset}`, async () => {
      await at.write({ ...small, opset });
      await at.refused('unsupported', new RegExp(`opset ${opset}, only 11 to 21`), false);
    });
  }

  const g = floats('g', float32(new Float32Array([1, 1, 1]), [3]));
  const batchNorm = (attributes: NodeOf['attributes'], outputs: readonly string[]): NodeOf => ({
    op: 'BatchNormalization',
    inputs: ['x', 'g', 'g', 'g', 'g'],
    outputs,
    ...(attributes && { attributes }),
  });
  const nodesOf = (nodes: ModelOf['nodes'], tensors: readonly onnx.ITensorProto[] = []): ModelOf => ({
    ...small,
    nodes,
    tensors: [...(small.tensors ?? []), ...tensors],
    outputs: [{ name: 'y' }],
  });
  const k: onnx.ITensorProto = small.tensors?.[0] ?? {};
  const bad: Readonly<Record<string, readonly [model: () => ModelOf | onnx.IModelProto, ErrorCode, RegExp]>> =
    {
      'a circle': [
        () =>
          nodesOf([
            { op: 'Add', inputs: ['x', 'q'], outputs: ['a'] },
            { op: 'Relu', inputs: ['a'], outputs: ['q'] },
            { op: 'Tanh', inputs: ['q'] },
          ]),
        'checkpoint',
        /depends on itself/,
      ],
      'a value from nowhere': [
        () => nodesOf([{ op: 'Add', inputs: ['x', 'q'] }]),
        'checkpoint',
        /nothing makes the value q/,
      ],
      'a value that is made twice': [
        () =>
          nodesOf([
            { op: 'Relu', inputs: ['x'], outputs: ['y'] },
            { op: 'Tanh', inputs: ['x'], outputs: ['y'] },
          ]),
        'checkpoint',
        /the value y is made twice/,
      ],
      'two tensors of one name': [
        () => ({ ...small, tensors: [...(small.tensors ?? []), k] }),
        'checkpoint',
        /two tensors are named k/,
      ],
      'two inputs': [
        () => {
          const model = modelProto(small);
          model.graph?.input?.push({ ...model.graph.input[0], name: 'mask' });
          return model;
        },
        'checkpoint',
        /it has 2 inputs \(x, mask\)/,
      ],
      'an input that is a vector': [
        () => ({ ...small, input: ['n', 48] }),
        'checkpoint',
        /its input x has 2 dimensions/,
      ],
      'a BatchNormalization of images in training mode': [
        () => ({ ...nodesOf([batchNorm({ training_mode: 1 }, ['y'])], [g]), opset: 17 }),
        'checkpoint',
        /BatchNormalization\): the network was exported in training mode\n.*Export it after `model\.eval\(\)`/s,
      ],
      'one of an older opset, which its outputs tell': [
        () => nodesOf([batchNorm({}, ['y', 'm', 'v', 'sm', 'sv'])], [g]),
        'checkpoint',
        /exported in training mode/,
      ],
      'no graph': [() => ({ irVersion: 8, opsetImport: [{ version: 13 }] }), 'checkpoint', /it has no graph/],
      'a tensor with too little data': [
        () => ({ ...small, tensors: [{ ...k, dims: [4, 3, 3, 9] }, ...(small.tensors ?? []).slice(1)] }),
        'checkpoint',
        /needs 324 numbers, the file has 432 bytes/,
      ],
      'a negative dimension': [
        () => ({ ...small, tensors: [{ ...k, dims: [-4, 3, 3, 3] }, ...(small.tensors ?? []).slice(1)] }),
        'checkpoint',
        /it has the shape \[-4, 3, 3, 3\]/,
      ],
      'a huge dimension': [
        () => ({
          ...small,
          tensors: [{ ...k, dims: [2 ** 40, 2 ** 20] }, ...(small.tensors ?? []).slice(1)],
        }),
        'checkpoint',
        /needs .* numbers/,
      ],
      'a weight that is no number': [
        () => ({
          ...small,
          tensors: [
            k,
            floats('w', { dtype: 'float32', shape: [4, 5], data: new Float32Array(20).fill(NaN) }),
            ...(small.tensors ?? []).slice(2),
          ],
        }),
        'checkpoint',
        /weight w: holds NaN at 0/,
      ],
      'quantized weights': [
        () => ({ ...small, tensors: [{ ...k, dataType: 17 }, ...(small.tensors ?? []).slice(1)] }),
        'unsupported',
        /elements have the type 17/,
      ],
      'a huge expansion': [
        () =>
          nodesOf(
            [
              { op: 'Expand', inputs: ['x', 's'], outputs: ['e'] },
              { op: 'ReduceMean', inputs: ['e'] },
            ],
            [ints('s', [2 ** 30, 2 ** 30, 1, 1, 1, 1])],
          ),
        'checkpoint',
        /result would have the shape/,
      ],
      'a huge constant': [
        () =>
          nodesOf(
            [
              { op: 'ConstantOfShape', inputs: ['s'], outputs: ['e'] },
              { op: 'Add', inputs: ['x', 'e'] },
            ],
            [ints('s', [2 ** 20, 2 ** 20])],
          ),
        'checkpoint',
        /result would have the shape/,
      ],
      'an endless range': [
        () =>
          nodesOf(
            [
              { op: 'Range', inputs: ['s', 'e', 'd'], outputs: ['r'] },
              { op: 'Add', inputs: ['x', 'r'] },
            ],
            [scalar('s', 0), scalar('e', 1), scalar('d', 0)],
          ),
        'checkpoint',
        /it counts from 0 to 1 by 0/,
      ],
      'a large padding': [
        () => nodesOf([{ op: 'Conv', inputs: ['x', 'k'], attributes: { pads: [9, 9, 2 ** 30, 9] } }]),
        'checkpoint',
        /pads is/,
      ],
      'a window without size': [
        () => nodesOf([{ op: 'MaxPool', inputs: ['x'], attributes: { kernel_shape: [0, 2] } }]),
        'checkpoint',
        /kernel_shape/,
      ],
      'a stride of nothing': [
        () => nodesOf([{ op: 'Conv', inputs: ['x', 'k'], attributes: { strides: [0, 1] } }]),
        'checkpoint',
        /strides/,
      ],
      'filters that do not fit': [
        () => nodesOf([{ op: 'Conv', inputs: ['x', 'k'], attributes: { group: 3 } }]),
        'checkpoint',
        /do not fit 3 channels/,
      ],
      'shapes that do not fit': [
        () => nodesOf([{ op: 'Add', inputs: ['x', 'b'] }]),
        'checkpoint',
        /the shapes \[2, 3, 6, 6\] and \[5\] do not fit/,
      ],
      'a wrong axis': [
        () => nodesOf([{ op: 'Concat', inputs: ['x', 'x'], attributes: { axis: 4 } }]),
        'checkpoint',
        /the axis 4 of 4/,
      ],
      'scores in three dimensions': [
        () => nodesOf([{ op: 'ReduceMean', inputs: ['x'], attributes: { axes: [1], keepdims: 0 } }]),
        'checkpoint',
        /no image classifier: it returns float32 \[2, 6, 6\]/,
      ],
      'a shape that depends on the image': [
        () =>
          nodesOf([
            { op: 'Cast', inputs: ['x'], outputs: ['i'], attributes: { to: 7 } },
            { op: 'Reshape', inputs: ['x', 'i'] },
          ]),
        'unsupported',
        /Reshape whose shape depends on the image/,
      ],
      'a result that does not depend on the image': [
        () => nodesOf([{ op: 'Relu', inputs: ['b'] }]),
        'checkpoint',
        /does not depend on the image/,
      ],
    };
  for (const [name, [model, code, message]] of Object.entries(bad)) {
    it(name, async () => {
      await at.write(model());
      await at.refused(code, message);
    });
  }

  // Everything else that an op may compute from the image has its gradient: computed-op-cases.ts.
  const ahead: readonly [op: string, inputs: readonly string[], what: RegExp][] = [
    ['Clip', ['x', 'level'], /Clip whose min depends/],
    ['Clip', ['x', '', 'level'], /Clip whose max depends/],
    ['Pad', ['x', 'eight', 'level'], /Pad whose constant_value depends/],
    ['Pad', ['x', 'whole'], /Pad whose pads depends/],
    ['Resize', ['x', '', 'row'], /Resize whose scales depends/],
    ['Resize', ['x', '', '', 'whole'], /Resize whose sizes depends/],
    ['Slice', ['x', 'whole', 'four'], /Slice whose starts depends/],
    ['Tile', ['x', 'whole'], /Tile whose repeats depends/],
    ['Expand', ['x', 'whole'], /Expand whose shape depends/],
    ['Squeeze', ['x', 'whole'], /Squeeze whose axes depends/],
    ['ReduceSum', ['x', 'whole'], /ReduceSum whose axes depends/],
    ['Range', ['level', 'level', 'level'], /Range whose start depends/],
    ['ConstantOfShape', ['whole'], /ConstantOfShape whose shape depends/],
    ['Split', ['x', 'whole'], /Split whose split depends/],
    ['Dropout', ['x', 'level', 'train'], /Dropout whose ratio depends/],
  ];
  it('what has to be known before the run, and depends on the image: op, input and node', async () => {
    for (const [op, inputs, what] of ahead) {
      await at.write(
        nodesOf(
          [
            { op: 'ReduceMean', inputs: ['x'], outputs: ['level'], attributes: { keepdims: 0 } },
            { op: 'Expand', inputs: ['level', 'four'], outputs: ['row'] },
            { op: 'Cast', inputs: ['row'], outputs: ['whole'], attributes: { to: 7 } },
            { op, inputs, outputs: ['done'], name: 'head/late' },
            { op: 'Add', inputs: ['x', 'done'] },
          ],
          [
            ints('four', [4]),
            ints('eight', [0, 0, 1, 1, 0, 0, 1, 1]),
            { name: 'train', dims: [], dataType: 9, int32Data: [1] },
          ],
        ),
      );
      await at.refused('unsupported', what, false);
      await at.refused(
        'unsupported',
        /on the image \(node head\/late, opset 13\)\nAttacks that need only/,
        false,
      );
    }
  });

  it('images of another size', async () => {
    await at.write(small);
    const model = await loadOnnxModel(at.file);
    assert.throws(
      () => tf.tidy(() => model.forward(tf.zeros([2, 3, 6, 7]))),
      /wants images \[N, 3, 6, 6\], not \[2, 3, 6, 7\]/,
    );
    model.dispose();
  });

  for (const [what, start, level] of [
    // Of a model's graph: a node's attribute's graph; of the type of an input: the elements of a sequence.
    ['graphs in graphs', [0x3a], [0x0a, 0x2a, 0x32]],
    ['sequences of sequences', [0x3a, 0x5a, 0x12], [0x22, 0x0a]],
    ['graphs in the nodes of a function', [0xca01, 0x3a, 0x2a, 0x32], [0x0a, 0x2a, 0x32]],
  ] as const) {
    it(`${what}, 100 000 deep`, async () => {
      await mkdir(path.dirname(at.file), { recursive: true });
      await writeFile(
        at.file,
        nestedMessages([...start, ...Array<typeof level>(100_000).fill(level).flat()]),
      );
      await at.refused('checkpoint', /its graphs or types are nested more than 64 messages deep/);
    });
  }

  it('something else, nothing, a folder', async () => {
    await at.refused('checkpoint', /the file is missing/);
    await writeFile(at.file, 'no model at all');
    await at.refused('checkpoint', /no ONNX model/);
    await writeFile(at.file, '');
    await at.refused('checkpoint', /no ONNX model/);
    await rm(at.file);
    await mkdir(at.file);
    await at.refused('checkpoint', /no regular file|can't be read/);
  });

  it('a file cut off anywhere', async () => {
    const whole = encode(modelProto(small));
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(at.file, whole.subarray(0, length));
      await at.refused('checkpoint', /./);
    }
  });
});

/** A protocol buffer of messages in messages. @param tags of their fields, outermost first */
function nestedMessages(tags: readonly number[]): Buffer {
  const parts: Buffer[] = [];
  let length = 0;
  for (const tag of tags.toReversed()) {
    const head: number[] = tag > 0xff ? [tag >> 8, tag & 0xff] : [tag];
    for (let rest = length; ; rest >>= 7) {
      head.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
      if (rest <= 0x7f) break;
    }
    parts.push(Buffer.from(head));
    length += head.length;
  }
  return Buffer.concat(parts.reverse());
}
