import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeNpyHeader } from '../../../src/core/data/npy';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { noise } from '../engine/engine-fixture';
import { encode, floats, modelProto, scalar, type ModelOf, type NodeOf } from '../models/onnx/build-model';
import { temporaryRoot } from '../training/tiny-task';
import { requested } from '../attacks/named';

const COUNT = 48;

/** [n, 3, 6, 6] to four scores, and what `end` makes of them. */
function network(end: readonly NodeOf[], tensors: ModelOf['tensors'] = []): ModelOf {
  return {
    opset: 13,
    input: ['n', 3, 6, 6],
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['scores'] },
      ...end,
    ],
    tensors: [floats('w', noise([108, 4], 4)), ...tensors],
    outputs: [{ name: 'y', shape: ['n', 4] }],
  };
}

describe('resuming attacks on networks that are unusual', () => {
  let root = '';
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true, maxRetries: 5 }));

  /** Stops after the first batch, and goes on. */
  async function stopAndResume(model: ModelOf): Promise<void> {
    const checkpoint = path.join(root, 'net.onnx');
    const arrays = { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') };
    await writeFile(checkpoint, encode(modelProto(model)));
    const shape = [COUNT, 6, 6, 3];
    const pixels = noise(shape, 2).data.map((value) => (value + 1) / 2);
    await writeFile(
      arrays.images,
      Buffer.concat([encodeNpyHeader('<f4', shape), Buffer.from(pixels.buffer)]),
    );
    const labels = Uint8Array.from({ length: COUNT }, (_, n) => n % 4);
    await writeFile(arrays.labels, Buffer.concat([encodeNpyHeader('|u1', [COUNT]), labels]));
    const controller = new AbortController();
    const options: AttackRunOptions = {
      checkpoint,
      attacks: [{ name: 'fgsm' }, { name: 'pgd', steps: 3 }].map((one) => requested(one)),
      arrays,
      seed: 0,
      batchSize: 8,
      device: 'onnx-cpu',
      threads: 1,
      root,
      signal: controller.signal,
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) controller.abort();
      },
    };
    const stopped = await attackRun(options);
    assert.equal(stopped.record.status, 'stopped');
    const { record, report } = await resumeAttack({
      id: stopped.record.id,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
    });
    assert.equal(record.status, 'done');
    assert.deepEqual(
      report.attacks.map(({ images }) => images.length),
      [COUNT, COUNT],
    );
    // A loss that is infinite is still one: it is not taken for NaN when it is read again.
    assert.deepEqual(
      report.warnings.filter((warning) => warning.includes('no numbers')),
      [],
    );
  }

  it('goes on where the outputs are random, and no pass gives the losses of another', async () => {
    await stopAndResume(
      network([
        { op: 'RandomNormalLike', inputs: ['scores'], outputs: ['noise'] },
        { op: 'Add', inputs: ['scores', 'noise'], outputs: ['y'] },
      ]),
    );
  });

  it('goes on where a loss is infinite', async () => {
    await stopAndResume(
      network(
        [
          { op: 'Mul', inputs: ['scores', 'much'], outputs: ['sharp'] },
          { op: 'Softmax', inputs: ['sharp'], outputs: ['shares'], attributes: { axis: -1 } },
          { op: 'Log', inputs: ['shares'], outputs: ['y'] },
        ],
        [scalar('much', 1000)],
      ),
    );
  });
});
