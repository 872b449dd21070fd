import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AttackParameters } from '../../../src/core/attacks/parameters/attack-parameters';
import { encodeNpyHeader } from '../../../src/core/data/npy';
import { M2atError, type ErrorCode } from '../../../src/core/errors';
import { loadClassifier } from '../../../src/core/attacking/classifier';
import { formats } from '../../../src/core/models/formats';
import { attackRun } from '../../../src/core/attacking/attack-run';
import type { AttackReport } from '../../../src/core/records/run-files';
import { noise } from '../engine/engine-fixture';
import { temporaryRoot } from '../training/tiny-task';
import { encode, floats, modelProto, scalar, type ModelOf } from './onnx/build-model';
import { requested } from '../attacks/named';

type Size = readonly [channels: number, height: number, width: number];

const COUNT = 6;

/** A convolution, a mean of each channel, a matrix; then what `end` does with the scores, up to `y`. */
function network(classes: number, [channels, height, width]: Size, more: Partial<ModelOf> = {}): ModelOf {
  const end = more.nodes ?? [{ op: 'Identity', inputs: ['scores'], outputs: ['y'] }];
  return {
    opset: 13,
    input: ['n', channels, height, width],
    nodes: [
      { op: 'Conv', inputs: ['x', 'k'], outputs: ['c'] },
      { op: 'Relu', inputs: ['c'], outputs: ['r'] },
      { op: 'GlobalAveragePool', inputs: ['r'], outputs: ['p'] },
      { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['scores'] },
      ...end,
    ],
    tensors: [
      floats('k', noise([8, channels, 3, 3])),
      floats('w', noise([8, classes], 4)),
      ...(more.tensors ?? []),
    ],
    outputs: [{ name: 'y', shape: ['n', classes] }],
  };
}

/** One of each family, short. */
const every: readonly AttackParameters[] = [
  { name: 'fgsm', epsilon: 0.3 },
  { name: 'pgd', epsilon: 0.3, steps: 2 },
  { name: 'autoattack', epsilon: 0.3 },
  { name: 'apgd-dlr', epsilon: 0.3, steps: 4 },
  { name: 'deepfool', steps: 5 },
  { name: 'fab-t', steps: 5 },
  { name: 'cw', steps: 5, searches: 1 },
  { name: 'ead', steps: 5, searches: 1 },
  { name: 'jsma' },
  { name: 'square', epsilon: 0.3, queries: 10 },
  { name: 'simba', queries: 10 },
  { name: 'nes', epsilon: 0.3, steps: 1 },
  { name: 'spsa', epsilon: 0.3, steps: 1 },
  { name: 'hopskipjump', steps: 1 },
  { name: 'boundary', steps: 5 },
  { name: 'spatial' },
].map((request) => requested(request));

const only = (...names: string[]): AttackParameters[] => every.filter(({ name }) => names.includes(name));

describe('attacks on networks and images that are unusual', function () {
  this.timeout(60_000);
  let root = '';
  before(async () => {
    root = await temporaryRoot();
  });
  after(() => rm(root, { recursive: true, maxRetries: 5 }));

  interface Attacked {
    readonly size: Size;
    readonly classes: number;
    readonly attacks: readonly AttackParameters[];
  }

  /** Attacks images of noise whose labels are the network's own classes, as far as it has any. */
  async function attack(model: ModelOf, { size, classes, attacks }: Attacked): Promise<AttackReport> {
    const file = path.join(root, 'net.onnx');
    await writeFile(file, encode(modelProto(model)));
    const shape = [COUNT, ...size];
    const pixels = noise(shape, 2).data.map((value) => (value + 1) / 2);
    const arrays = { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') };
    await writeFile(
      arrays.images,
      Buffer.concat([encodeNpyHeader('<f4', shape), Buffer.from(pixels.buffer)]),
    );
    const write = (labels: Uint8Array): Promise<void> =>
      writeFile(arrays.labels, Buffer.concat([encodeNpyHeader('|u1', [COUNT]), labels]));
    const run = (requested: readonly AttackParameters[]): ReturnType<typeof attackRun> =>
      attackRun({
        checkpoint: file,
        attacks: requested,
        arrays,
        seed: 0,
        device: 'onnx-cpu',
        threads: 1,
        root,
        signal: new AbortController().signal,
        onEvent: () => undefined,
      });
    await write(Uint8Array.from({ length: COUNT }, (_, n) => n % classes));
    const looked = (await run(only('spatial'))).report;
    await write(Uint8Array.from(looked.attacks[0]?.images ?? [], ({ cleanPrediction }) => cleanPrediction));
    return (await run(attacks)).report;
  }

  function refuses(attacked: Promise<unknown>, code: ErrorCode, message: RegExp): Promise<void> {
    return assert.rejects(attacked, (error: unknown) => {
      assert.ok(error instanceof M2atError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    });
  }

  /** Every attack was done on every image, and what it found is in [0, 1] and within its budget. */
  function assertDone(report: AttackReport, attacks: readonly AttackParameters[]): void {
    const names = new Set(report.attacks.map(({ parameters }) => parameters.name));
    for (const { name } of attacks) assert.ok(name === 'autoattack' || names.has(name), `${name} is missing`);
    for (const { title, images, invalid } of report.attacks) {
      assert.equal(images.length, COUNT, title);
      assert.equal(invalid, 0, title);
    }
  }

  it('two classes: every attack', async () => {
    const report = await attack(network(2, [3, 6, 6]), { size: [3, 6, 6], classes: 2, attacks: every });
    assertDone(report, every);
    assert.equal(report.cleanAccuracy, 1);
    assert.ok(report.warnings.some((warning) => warning.includes('2 classes, too few for AutoAttack')));
  });

  it('grey images that are not square: every attack', async () => {
    const size = [1, 7, 11] as const;
    const report = await attack(network(5, size), { size, classes: 5, attacks: every });
    assertDone(report, every);
    assert.equal(report.cleanAccuracy, 1);
  });

  it('one class, as a column or as a number: there is no other class', async () => {
    const size = [3, 6, 6] as const;
    const message = /the network has 1 output: there is no other class/;
    const column = attack(network(1, size), { size, classes: 1, attacks: every });
    await refuses(column, 'unsupported', message);
    const number: ModelOf = {
      input: ['n', ...size],
      nodes: [{ op: 'ReduceMean', inputs: ['x'], attributes: { axes: [1, 2, 3], keepdims: 0 } }],
    };
    await refuses(attack(number, { size, classes: 1, attacks: every }), 'unsupported', message);
  });

  const size = [3, 6, 6] as const;
  const softmax = { op: 'Softmax', inputs: ['scores'], outputs: ['s'], attributes: { axis: -1 } };

  it('a softmax at the end is left out; one that is hidden draws a warning, without gradients too', async () => {
    const warns = async (end: ModelOf['nodes'], tensors: ModelOf['tensors'] = []): Promise<boolean> => {
      const model = network(4, size, { nodes: end, tensors });
      const attacks = only('square');
      const { warnings } = await attack(model, { size, classes: 4, attacks });
      return warnings.some((warning) => warning.includes('outputs look like probabilities'));
    };
    assert.equal(await warns([{ ...softmax, outputs: ['y'] }]), false);
    assert.equal(
      await warns([softmax, { op: 'Mul', inputs: ['s', 'one'], outputs: ['y'] }], [scalar('one', 1)]),
      true,
    );
    const forward = [
      softmax,
      { op: 'Hardmax', inputs: ['s'], outputs: ['h'] },
      { op: 'Mul', inputs: ['h', 'zero'], outputs: ['z'] },
      { op: 'Add', inputs: ['s', 'z'], outputs: ['y'] },
    ];
    assert.equal(await warns(forward, [scalar('zero', 0)]), true);
  });

  it('noise in the network draws a warning, and gradients go through it', async () => {
    const random = network(4, size, {
      nodes: [
        {
          op: 'RandomNormalLike',
          inputs: ['scores'],
          outputs: ['noise'],
          attributes: { scale: { float: 0.01 } },
        },
        { op: 'Add', inputs: ['scores', 'noise'], outputs: ['y'] },
      ],
    });
    const dropout = network(4, size, {
      nodes: [{ op: 'Dropout', inputs: ['scores', 'ratio', 'train'], outputs: ['y'] }],
      tensors: [scalar('ratio', 0.1), { name: 'train', dims: [], dataType: 9, int32Data: [1] }],
    });
    const attacks = [
      ...only('square', 'deepfool'),
      { name: 'pgd', epsilon: 0.3, steps: 3, eotSamples: 4 },
      { name: 'autoattack', version: 'rand', epsilon: 0.3 },
    ].map((request) => requested(request));
    for (const model of [random, dropout]) {
      const report = await attack(model, { size, classes: 4, attacks });
      const { warnings } = report;
      assert.ok(
        warnings.some((warning) => warning.includes('output is random')),
        warnings.join('\n'),
      );
      const evalNote =
        /Dropout in training mode \(node \S+\): unless that is a defence, export it after `model\.eval\(\)`/;
      assert.equal(
        warnings.some((warning) => evalNote.test(warning)),
        model === dropout,
      );
      assertDone(report, attacks);
      assert.equal(report.attacks.length, 5);
    }
  });

  it('noise beside an op without a gradient: forward passes only, and the warning offers nothing else', async () => {
    const model = network(4, size, {
      nodes: [
        { op: 'RandomNormalLike', inputs: ['scores'], outputs: ['noise'] },
        { op: 'Add', inputs: ['scores', 'noise'], outputs: ['noisy'] },
        { op: 'Hardmax', inputs: ['noisy'], outputs: ['h'] },
        { op: 'Add', inputs: ['noisy', 'h'], outputs: ['y'] },
      ],
    });
    const { warnings } = await attack(model, { size, classes: 4, attacks: only('square') });
    const warning = warnings.find((text) => text.includes('output is random')) ?? '';
    assert.match(warning, /Compare several seeds/);
    assert.doesNotMatch(warning, /eotSamples/);
    const gradients = attack(model, { size, classes: 4, attacks: only('pgd') });
    await refuses(gradients, 'unsupported', /no gradients through the op Hardmax/);
  });

  it('outputs that become no numbers on the way count as misclassified, and the report says so', async () => {
    // Always the same class, but for a square root of what is left of the brightness.
    const model = network(4, size, {
      nodes: [
        { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['g'] },
        { op: 'Flatten', inputs: ['g'], outputs: ['m'] },
        { op: 'MatMul', inputs: ['m', 'third'], outputs: ['brightness'] },
        { op: 'Sub', inputs: ['brightness', 'least'], outputs: ['rest'] },
        { op: 'Sqrt', inputs: ['rest'], outputs: ['root'] },
        { op: 'Add', inputs: ['root', 'bias'], outputs: ['y'] },
      ],
      tensors: [
        floats('third', { ...noise([3, 1]), data: new Float32Array(3).fill(1 / 3) }),
        scalar('least', 0.4),
        floats('bias', noise([4])),
      ],
    });
    const attacks = [
      { name: 'pgd', epsilon: 0.3, steps: 3 },
      { name: 'apgd-ce', epsilon: 0.3, steps: 3 },
      { name: 'deepfool', steps: 3 },
      { name: 'square', epsilon: 0.3, queries: 50 },
    ].map((request) => requested(request));
    const report = await attack(model, { size, classes: 4, attacks });
    assertDone(report, attacks);
    let lost = 0;
    for (const { images } of report.attacks) {
      for (const { broken, loss, label, adversarialPrediction } of images) {
        if (loss !== null) continue;
        lost++;
        assert.ok(broken && adversarialPrediction !== label);
      }
    }
    assert.ok(lost > 0);
    assert.ok(
      report.warnings.some((warning) =>
        warning.includes('are no numbers (NaN). They count as misclassified'),
      ),
    );
  });

  it('outputs that are no numbers, with gradients and without', async () => {
    const nan = (op: string): ModelOf =>
      network(4, size, {
        nodes: [
          { op, inputs: ['scores'], outputs: ['h'] },
          { op: 'Sub', inputs: ['h', 'much'], outputs: ['negative'] },
          { op: 'Log', inputs: ['negative'], outputs: ['y'] },
        ],
        tensors: [scalar('much', 100)],
      });
    for (const op of ['Identity', 'Hardmax']) {
      const report = await attack(nan(op), { size, classes: 4, attacks: only('square') });
      assert.deepEqual([report.cleanAccuracy, report.robustAccuracy], [0, 0]);
      assert.ok(report.warnings.some((text) => text.includes('6 of 6 clean images are no numbers (NaN)')));
    }
  });

  it('a network that does not look at the image has no gradient, and says so', async () => {
    const model = network(4, size, {
      nodes: [
        { op: 'Mul', inputs: ['scores', 'zero'], outputs: ['nothing'] },
        { op: 'Add', inputs: ['nothing', 'bias'], outputs: ['y'] },
      ],
      tensors: [scalar('zero', 0), floats('bias', noise([4]))],
    });
    const { warnings } = await attack(model, { size, classes: 4, attacks: only('fgsm') });
    assert.ok(warnings.some((warning) => warning.includes('gradient is exactly zero for 6 of 6 images')));
  });

  it('files that are cut off or of another format say so', async () => {
    const bytes = encode(modelProto(network(4, size)));
    const file = path.join(root, 'damaged.onnx');
    const cases: readonly [Uint8Array, RegExp][] = [
      [bytes.subarray(0, 200), /the file is of another format, or was not copied whole/],
      [new Uint8Array(), /no ONNX model: it has no graph\nThe file is of another format/],
      [Buffer.from('no model'), /the file is of another format, or was not copied whole/],
    ];
    for (const [content, message] of cases) {
      await writeFile(file, content);
      await refuses(loadClassifier(formats, file), 'checkpoint', message);
    }
  });
});
