import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DRAWS_VERSION } from '../../../src/core/attacks/base/image-streams';
import { encodeNpyHeader } from '../../../src/core/data/npy';
import { float32 } from '../../../src/core/engine/arrays/nd-array';
import { M2atError } from '../../../src/core/errors';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { attackReport, type AttackReport } from '../../../src/core/records/run-files';
import { runDirectory } from '../../../src/core/runs/run-store';
import { encode, floats, modelProto, scalar, type ModelOf } from '../models/onnx/build-model';
import { temporaryRoot } from '../training/tiny-task';
import { changeRecord } from '../../support/run-json';
import { requested } from '../attacks/named';

/** Brightness of the images. */
const grey = [0.1, 0.9, 0.6, 0.2, 0.7, 0.8, 0.3, 0.5];

/** [n, 1, 2, 2] to two scores: 0.5 - r and r - 0.5 for the root r of what the brightness is above `least`. */
function rootOfBrightness(least: number): ModelOf {
  return {
    opset: 13,
    input: ['n', 1, 2, 2],
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
      { op: 'MatMul', inputs: ['f', 'mean'], outputs: ['b'] },
      { op: 'Sub', inputs: ['b', 'least'], outputs: ['rest'] },
      { op: 'Sqrt', inputs: ['rest'], outputs: ['root'] },
      { op: 'MatMul', inputs: ['root', 'spread'], outputs: ['scores'] },
      { op: 'Add', inputs: ['scores', 'bias'], outputs: ['y'] },
    ],
    tensors: [
      floats('mean', float32(new Float32Array(4).fill(0.25), [4, 1])),
      scalar('least', least),
      floats('spread', float32(Float32Array.of(-1, 1), [1, 2])),
      floats('bias', float32(Float32Array.of(0.5, -0.5), [2])),
    ],
    outputs: [{ name: 'y', shape: ['n', 2] }],
  };
}

/** Class 1 only above a brightness of `least`: noise is darker. */
function byBrightness(least: number): ModelOf {
  return {
    opset: 13,
    input: ['n', 1, 2, 2],
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
      { op: 'MatMul', inputs: ['f', 'spread'], outputs: ['scores'] },
      { op: 'Add', inputs: ['scores', 'bias'], outputs: ['y'] },
    ],
    tensors: [
      floats(
        'spread',
        float32(
          Float32Array.from({ length: 8 }, (_, i) => (i % 2 ? 0.25 : -0.25)),
          [4, 2],
        ),
      ),
      floats('bias', float32(Float32Array.of(least, -least), [2])),
    ],
    outputs: [{ name: 'y', shape: ['n', 2] }],
  };
}

describe('an attack run says what it could not do', () => {
  let root = '';
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true, maxRetries: 5 }));

  async function optionsFor(
    model: ModelOf,
    labels: readonly number[],
    changes: Partial<AttackRunOptions>,
  ): Promise<AttackRunOptions> {
    const checkpoint = path.join(root, 'net.onnx');
    const arrays = { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') };
    await writeFile(checkpoint, encode(modelProto(model)));
    const pixels = Float32Array.from({ length: 4 * grey.length }, (_, i) => grey[i >> 2] ?? 0);
    const header = encodeNpyHeader('<f4', [grey.length, 1, 2, 2]);
    await writeFile(arrays.images, Buffer.concat([header, Buffer.from(pixels.buffer)]));
    await writeFile(
      arrays.labels,
      Buffer.concat([encodeNpyHeader('|u1', [labels.length]), Uint8Array.from(labels)]),
    );
    return {
      checkpoint,
      attacks: [requested({ name: 'fgsm', epsilon: 0.2 })],
      arrays,
      seed: 0,
      device: 'onnx-cpu',
      threads: 1,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      ...changes,
    };
  }

  /** The report of a run that is stopped after its first batch and goes on is that of one that was not. */
  async function stopAndResume(options: AttackRunOptions, whole: AttackReport): Promise<void> {
    const controller = new AbortController();
    const { record } = await attackRun({
      ...options,
      signal: controller.signal,
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) controller.abort();
      },
    });
    assert.equal(record.status, 'stopped');
    const { signal } = new AbortController();
    const { report } = await resumeAttack({ root, id: record.id, signal, onEvent: () => undefined });
    const plain = (one: AttackReport) => ({
      ...one,
      deviceDetails: undefined,
      attacks: one.attacks.map((outcome) => ({ ...outcome, seconds: 0 })),
    });
    assert.deepEqual(plain(report), plain(whole));
  }

  it('a clean output that is NaN counts as wrong, is named, and the others are attacked', async () => {
    const labels = grey.map((value) => (value > 0.35 ? 1 : 0));
    const attacks = ['fgsm', 'pgd'].map((name) => requested({ name, epsilon: 0.02 }));
    const texts: string[] = [];
    const options = await optionsFor(rootOfBrightness(0.25), labels, { attacks, batchSize: 3 });
    const { report } = await attackRun({
      ...options,
      onEvent: (_, event) => {
        if (event.type === 'log' && event.level === 'warn') texts.push(event.text);
      },
    });
    assert.deepEqual(attackReport.parse(JSON.parse(JSON.stringify(report))), report);
    // 0.1 and 0.2 have no root; 0.3 has one of 0.22, and 0.5 is right of the half.
    const [first] = report.attacks;
    assert.deepEqual(
      first?.images.map(({ label, cleanPrediction }) => label === cleanPrediction),
      [false, true, true, false, true, true, true, false],
    );
    assert.deepEqual(
      first.images.map(({ loss }) => loss === null),
      [true, false, false, true, false, false, false, false],
    );
    assert.equal(report.cleanAccuracy, 5 / 8);
    const warning = report.warnings.find((text) => text.includes('clean images are no numbers')) ?? '';
    assert.match(
      warning,
      /for 2 of 8 clean images are no numbers \(NaN\): images 0 and 3\. They count as wrong/,
    );
    assert.ok(texts.includes(warning), 'it is said before the attacks as well');
    await stopAndResume(options, report);
  });

  it('names the images by their index in the array, and goes on where none has a number', async () => {
    const options = await optionsFor(
      rootOfBrightness(2),
      grey.map(() => 0),
      {
        attacks: [{ name: 'fgsm' }, { name: 'square', queries: 5 }].map((one) => requested(one)),
        indices: [7, 2, 4],
      },
    );
    const { record, report } = await attackRun(options);
    assert.deepEqual([record.status, report.cleanAccuracy, report.robustAccuracy], ['done', 0, 0]);
    assert.ok(
      report.warnings.some((text) =>
        /3 of 3 clean images are no numbers \(NaN\): images 7, 2 and 4\. .*training that diverged, or for a division by zero/.test(
          text,
        ),
      ),
    );
  });

  it('names the images for which a decision attack found nothing to start from', async () => {
    const name = 'boundary';
    const attacks = [requested({ name, steps: 3, initialDraws: 2 })];
    // Image 1 is not attacked, but is of the pool: it is the only one of class 1.
    const some = await optionsFor(
      byBrightness(0.85),
      grey.map(() => 0),
      { attacks, indices: [2, 0] },
    );
    const { report: found } = await attackRun(some);
    assert.ok(found.attacks[0]?.images.every(({ broken, noStart }) => broken && noStart === undefined));
    const options = await optionsFor(
      byBrightness(2),
      grey.map(() => 0),
      { attacks, batchSize: 3 },
    );
    const { report } = await attackRun(options);
    assert.ok(
      report.attacks[0]?.images.every(({ noStart, broken, norm }) => noStart && !broken && norm === 0),
    );
    const [warning = ''] = report.warnings.filter((text) => text.includes('nothing to start from'));
    assert.match(
      warning,
      /^boundary l2.* found nothing to start from for images 0, 1, 2, 3, 4, 5, 6 and 7: /,
    );
    assert.match(warning, /they count as robust unchecked/);
    await stopAndResume(options, report);
  });

  it('says that a batch size is more than there are images', async () => {
    const texts: string[] = [];
    const onEvent: AttackRunOptions['onEvent'] = (_, event) => {
      if (event.type === 'log' && event.level === 'warn') texts.push(event.text);
    };
    const said = () => texts.splice(0).filter((text) => text.includes('batch'));
    const options = await optionsFor(
      byBrightness(0.5),
      grey.map((value) => Number(value > 0.5)),
      { onEvent },
    );
    await attackRun({ ...options, batchSize: 9 });
    assert.deepEqual(said(), ['The batch size 9 is more than the 8 images: they are one batch of 8.']);
    await attackRun({ ...options, batchSize: 8 });
    await attackRun({ ...options, count: 2 });
    assert.deepEqual(said(), [], 'the default is nobody’s wish');
  });

  it('is not gone on with by a version that draws other numbers', async () => {
    const options = await optionsFor(
      byBrightness(0.5),
      grey.map((value) => Number(value > 0.5)),
      {},
    );
    const { record, report } = await attackRun(options);
    const folder = runDirectory(root, record.id);
    const task = JSON.parse(await readFile(path.join(folder, 'attack.json'), 'utf8')) as { draws: number };
    assert.deepEqual([task.draws, report.draws], [DRAWS_VERSION, DRAWS_VERSION]);
    const versions = { ...record.versions, m2at: '0.0.1' };
    await changeRecord(folder, { status: 'stopped', versions, checksums: undefined });
    const { signal } = new AbortController();
    const resume = () => resumeAttack({ root, id: record.id, signal, onEvent: () => undefined });
    for (const draws of [undefined, DRAWS_VERSION + 1]) {
      await writeFile(path.join(folder, 'attack.json'), JSON.stringify({ ...task, draws }));
      await assert.rejects(
        resume(),
        (error) =>
          error instanceof M2atError &&
          error.code === 'bad-input' &&
          new RegExp(`by rule ${draws ?? 1}, and this version draws by rule ${DRAWS_VERSION}`).test(
            error.message,
          ) &&
          (error.hint ?? '').includes('Start the attack anew, or go on with M2AT 0.0.1'),
      );
    }
    await writeFile(path.join(folder, 'attack.json'), JSON.stringify(task));
    assert.equal((await resume()).record.status, 'done');
  });
});
