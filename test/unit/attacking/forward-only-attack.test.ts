import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeNpyHeader } from '../../../src/core/data/npy';
import { M2atError } from '../../../src/core/errors';
import { loadForwardOnly } from '../../../src/core/models/onnx/forward-only';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { listRuns } from '../../../src/core/runs/run-store';
import { noise } from '../engine/engine-fixture';
import { encode, floats, modelProto } from '../models/onnx/build-model';
import { temporaryRoot } from '../training/tiny-task';
import { requested } from '../attacks/named';

describe('attackRun on an .onnx without gradients', () => {
  it('does attacks that need forward passes only, and names the op to the others', async () => {
    const root = await temporaryRoot();
    try {
      const file = path.join(root, 'net.onnx');
      const model = {
        opset: 13,
        input: ['n', 3, 6, 6],
        nodes: [
          { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
          { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['g'] },
          { op: 'Hardmax', inputs: ['g'], outputs: ['h'] },
          { op: 'Add', inputs: ['g', 'h'], outputs: ['logits'] },
        ],
        tensors: [floats('w', noise([108, 4])), floats('b', noise([4]))],
        outputs: [{ name: 'logits', shape: ['n', 4] }],
      };
      await writeFile(file, encode(modelProto(model)));
      const pixels = noise([10, 3, 6, 6], 2).data.map((value) => 0.5 + 0.4 * Math.tanh(value));
      const direct = await loadForwardOnly(file, { threads: 1 });
      const { data } = await direct.logits({ dtype: 'float32', shape: [10, 3, 6, 6], data: pixels });
      await direct.dispose();
      const labels = Uint8Array.from({ length: 10 }, (_, n) => {
        const row = [...data.subarray(4 * n, 4 * n + 4)];
        return row.indexOf(Math.max(...row));
      });
      const arrays = { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') };
      const header = encodeNpyHeader('<f4', [10, 3, 6, 6]);
      await writeFile(arrays.images, Buffer.concat([header, Buffer.from(pixels.buffer)]));
      await writeFile(arrays.labels, Buffer.concat([encodeNpyHeader('|u1', [10]), labels]));
      const logs: string[] = [];
      const attack = (request: object): ReturnType<typeof attackRun> =>
        attackRun({
          checkpoint: file,
          attacks: [requested(request)],
          arrays,
          seed: 0,
          device: 'onnx-cpu',
          threads: 1,
          root,
          signal: new AbortController().signal,
          onEvent: (_, event) => {
            if (event.type === 'log') logs.push(event.text);
          },
        });
      const { report } = await attack({ name: 'square', epsilon: 0.4, queries: 40 });
      assert.equal(report.cleanAccuracy, 1);
      assert.ok(report.robustAccuracy < 1);
      assert.ok(logs.some((text) => /^Memory: .*What the network itself takes is not counted\.$/.test(text)));
      await assert.rejects(
        attack({ name: 'pgd' }),
        (error) =>
          error instanceof M2atError &&
          error.code === 'unsupported' &&
          error.message.includes('the op Hardmax'),
      );
      assert.equal((await listRuns(root)).length, 1, 'nothing is left of the one that was refused');
    } finally {
      await rm(root, { recursive: true });
    }
  });
});
