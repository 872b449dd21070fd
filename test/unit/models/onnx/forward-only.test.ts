import assert from 'node:assert/strict';
import type { NdArray } from '../../../../src/core/engine/nd-array';
import { loadForwardOnly } from '../../../../src/core/models/onnx/forward-only';
import { noise } from '../../engine/engine-fixture';
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
