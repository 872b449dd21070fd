import assert from 'node:assert/strict';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { loadForwardOnly } from '../../../../src/core/models/onnx/forward-only';
import { noise } from '../../engine/engine-fixture';
import { loadClassifier } from '../../../../src/core/attacking/classifier';
import { formats } from '../../../../src/core/models/formats';
import { modelProto } from './build-model';
import { onnxFolder, small } from './onnx-folder';

describe('ONNX files, forward passes only', () => {
  const at = onnxFolder();

  it('runs ops that have no gradient here, in batches of the size that the file wants', async () => {
    await at.write({
      ...small,
      input: [2, 3, 6, 6],
      nodes: [
        ...small.nodes.slice(0, 3),
        { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['g'] },
        { op: 'Hardmax', inputs: ['g'], outputs: ['logits'] },
      ],
      outputs: [{ name: 'logits', shape: [2, 5] }],
    });
    await at.refused('unsupported', /the op Hardmax/);
    const model = await loadForwardOnly(at.file, { threads: 1 });
    const x = noise([5, 3, 6, 6], 3);
    const y = await model.logits(x);
    assert.deepEqual(y.shape, [5, 5]);
    const each: NdArray<'float32'>[] = [];
    for (let i = 0; i < 5; i++)
      each.push(
        await model.logits({ ...x, shape: [1, 3, 6, 6], data: x.data.slice(i * 108, (i + 1) * 108) }),
      );
    assert.deepEqual(
      [...y.data],
      each.flatMap(({ data }) => [...data]),
    );
    for (let i = 0; i < 5; i++)
      assert.equal(
        y.data.slice(i * 5, i * 5 + 5).reduce((a, b) => a + b),
        1,
      );
    await model.dispose();
  });

  it('images as bytes, which have no gradient: in [0, 255], and said so', async () => {
    const model = modelProto({
      ...small,
      nodes: [
        { op: 'Cast', inputs: ['x'], outputs: ['floats'], attributes: { to: 1 } },
        ...small.nodes.map((node) => ({
          ...node,
          inputs: node.inputs.map((name) => (name === 'x' ? 'floats' : name)),
        })),
      ],
    });
    const type = model.graph?.input?.[0]?.type?.tensorType;
    assert.ok(type);
    type.elemType = 2;
    await at.write(model);
    await at.refused('unsupported', /its input x takes whole numbers \(uint8\)/);
    const classifier = await loadClassifier(formats, at.file);
    assert.ok(classifier.forwardOnly && classifier.noGradient);
    assert.deepEqual(classifier.spec.range, [0, 255]);
    const ones = { ...noise([2, 3, 6, 6]), data: new Float32Array(216).fill(200) };
    const { data } = await classifier.forwardOnly.logits(ones);
    assert.ok(data.every(Number.isFinite));
    classifier.model.dispose();
  });

  it('what ONNX Runtime refuses', async () => {
    await at.write({
      ...small,
      nodes: small.nodes.map((node) => (node.op === 'Flatten' ? { ...node, op: 'Nothing' } : node)),
    });
    await assert.rejects(loadForwardOnly(at.file), /ONNX Runtime refuses the model: .*Nothing/s);
  });

  it('images of another size', async () => {
    await at.write(small);
    const model = await loadForwardOnly(at.file, { threads: 1 });
    await assert.rejects(model.logits(noise([1, 3, 6, 7])), /wants images \[N, 3, 6, 6\]/);
    await model.dispose();
  });
});
