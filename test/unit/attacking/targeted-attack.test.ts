import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { attackSummary } from '../../../src/cli/attack-summary';
import { withAnalysis } from '../../../src/core/report/analyse-report';
import { encodeNpyLabels } from '../../../src/core/data/npy';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { attackReport, type AttackReport } from '../../../src/core/records/run-files';
import { withoutKeys } from '../../../src/core/without-keys';
import { datasets } from '../../../src/core/data/sets';
import { savedExamplesOf } from '../../../src/core/attacking/saved-examples';
import { root as repository } from '../../support/root';
import { observed, temporaryRoot } from '../training/tiny-task';
import { requested } from '../attacks/named';
import { attacks } from '../../../src/core/attacks';

const cases = path.join(repository, 'test', 'reference', 'cases');

describe('a targeted attack of digits.onnx', () => {
  let root: string;
  let device: Device;

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const attack = (
    parameters: object,
    changes: Partial<AttackRunOptions> = {},
  ): ReturnType<typeof attackRun> =>
    attackRun({
      checkpoint: path.join(cases, 'digits.onnx'),
      arrays: { images: path.join(cases, 'x.npy'), labels: path.join(cases, 'y.npy') },
      attacks: [requested({ name: 'pgd', epsilon: 0.1, ...parameters })],
      seed: 0,
      device: 'auto',
      threads: 1,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { device },
      ...changes,
    });
  const only = ({ report }: { report: AttackReport }): AttackReport['attacks'][number] => {
    const [first] = report.attacks;
    assert.ok(first);
    return first;
  };

  it('succeeds where the target is reached; robust is what stays at its label', async () => {
    const done = await attack({ targeted: true, stepSize: '2/255' });
    const result = only(done);
    assert.deepEqual([result.attacked, result.leftOut], [61, 0]);
    assert.equal(result.targetSuccess, 5 / 61);
    assert.equal(result.misclassified, 8 / 61);
    assert.equal(result.robustAccuracy, 53 / 64);
    assert.equal(done.report.robustAccuracy, 53 / 64);
    for (const image of result.images) {
      const { label, target, cleanPrediction, adversarialPrediction } = image;
      assert.equal(target, (label + 1) % 10);
      const right = cleanPrediction === label;
      assert.equal(image.broken, right && adversarialPrediction === target);
      assert.equal(image.misclassified, right && adversarialPrediction !== label);
    }
    const [counts] = done.report.analysis?.attacks ?? [];
    assert.deepEqual(
      [counts?.attacked, counts?.fooled, counts?.misclassified, counts?.leftOut],
      [61, 5, 8, 0],
    );
    assert.match(done.report.warnings.join('\n'), /All attacks are targeted/);
    assert.match(attackSummary(done.report), /pgd.*, targeted +5 of 61 \(8\.2 %\) +8 of 61 \(13\.1 %\) +0/);
    // In reports of earlier versions any error was a success: nothing is said of their targets.
    const images = result.images.map((image) => withoutKeys(image, ['target', 'misclassified']));
    const old = withoutKeys({ ...result, images }, ['targetSuccess', 'misclassified', 'attacked', 'leftOut']);
    const oldReport = attackReport.parse(withoutKeys({ ...done.report, attacks: [old] }, ['analysis']));
    assert.doesNotMatch(attackSummary(oldReport), /left out/);
    assert.equal(withAnalysis(oldReport).analysis?.attacks?.[0]?.fooled, 5);
  });

  it('leaves out, and counts, images whose label is their target', async () => {
    const { images, attacked, leftOut, targetSuccess, robustAccuracy } = only(await attack({ target: 3 }));
    const ofTarget = images.filter(({ label, cleanPrediction }) => label === 3 && cleanPrediction === 3);
    assert.ok(ofTarget.length > 0, 'the test needs some');
    assert.deepEqual([attacked, leftOut], [61 - ofTarget.length, ofTarget.length]);
    for (const { broken, norm, target } of ofTarget) assert.deepEqual([broken, norm, target], [false, 0, 3]);
    const reached = images.filter(({ broken }) => broken);
    assert.ok(
      reached.length > 0 && reached.every(({ adversarialPrediction }) => adversarialPrediction === 3),
    );
    assert.equal(targetSuccess, reached.length / (61 - ofTarget.length));
    const moved = images.filter(({ misclassified }) => misclassified).length;
    assert.equal(robustAccuracy, (61 - moved) / 64);
  });

  it('aims at the classes of a file, and goes on with them', async () => {
    const file = path.join(root, 'targets.npy');
    const targets = Array.from({ length: 64 }, (_, n) => n % 10);
    await writeFile(file, encodeNpyLabels(targets));
    const parameters = { target: 'file', steps: 4, stepSize: 0.05 };
    const options = { targets: file, indices: [5, 3, 60, 7, 8, 1], batchSize: 2 };
    const whole = only(await attack(parameters, options));
    for (const { index, target } of whole.images) assert.equal(target, index % 10);

    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'pgd-steps' && count === 4) controller.abort();
    });
    const { record } = await attack(parameters, {
      ...options,
      signal: controller.signal,
      resources: { device: stopping },
    });
    assert.equal(record.status, 'stopped');
    await rm(file);
    const resumed = await resumeAttack({
      id: record.id,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { device },
    });
    assert.deepEqual({ ...only(resumed), seconds: 0 }, { ...whole, seconds: 0 });
  });

  it('is told by the examples of its run: its curve counts what it moved, to whatever class', async () => {
    const done = await attack({ targeted: true, epsilon: 0.2 }, { epsilons: [0.1, 0.3] });
    const curve = done.report.attacks.filter(({ group }) => group === 1);
    assert.equal(curve.length, 2);
    const accuracies =
      done.report.analysis?.curves[0]?.points.map(({ robustAccuracy }) => robustAccuracy) ?? [];
    assert.equal(accuracies.length, 4);
    assert.deepEqual(
      accuracies,
      [...accuracies].sort((a, b) => b - a),
    );
    const last = curve.at(-1);
    const moved = last?.images.filter(({ misclassified }) => misclassified).length ?? 0;
    assert.equal(last?.robustAccuracy, (61 - moved) / 64);
    assert.ok(last.images.some(({ broken, misclassified }) => misclassified && !broken));
    for (const one of curve) assert.equal(one.targetSuccess, undefined);
    // Every example is as the run wrote it, and as far away as the report says.
    const { examples, warnings } = await savedExamplesOf(
      { root, id: done.record.id },
      { attacks, datasets, signal: new AbortController().signal, onProgress: () => undefined },
    );
    assert.deepEqual(warnings, []);
    const [own] = done.report.attacks;
    assert.deepEqual(
      examples[0]?.fools,
      own?.images.map(({ misclassified }) => misclassified),
    );
  });

  it('keeps targets that follow from the clean logits when it goes on', async () => {
    const options = { count: 12, batchSize: 4 };
    const parameters = { target: 'least-likely', steps: 4, stepSize: 0.05 };
    const whole = only(await attack(parameters, options));
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'pgd-steps' && count === 4) controller.abort();
    });
    const { record } = await attack(parameters, {
      ...options,
      signal: controller.signal,
      resources: { device: stopping },
    });
    const resumed = await resumeAttack({
      id: record.id,
      root,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { device },
    });
    assert.deepEqual({ ...only(resumed), seconds: 0 }, { ...whole, seconds: 0 });
  });

  it('is refused before it starts where a target is no class', async () => {
    const file = path.join(root, 'targets.npy');
    await writeFile(file, encodeNpyLabels([1, 2, 3]));
    for (const [parameters, changes, message] of [
      [{ target: 10 }, {}, /target 10 is no class: the network has 10 classes/],
      [{ target: 'label+20' }, {}, /is the label itself/],
      [{ target: 'file' }, {}, /needs a file of classes/],
      [{ target: 'file' }, { targets: file }, /has 3 targets[^]*64 images/],
      [{ target: 'file' }, { targets: path.join(cases, 'x.npy') }, /no list of targets/],
    ] as const) {
      await assert.rejects(
        attack(parameters, changes),
        (error) => error instanceof M2atError && message.test(error.message),
      );
    }
    assert.deepEqual(await readdir(root), ['targets.npy']);
  });
});
