import assert from 'node:assert/strict';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import type { AttackResult } from '../../../src/core/attacking/attack-loaded';
import type { RunEvent } from '../../../src/core/records/run-event';
import { observed, temporaryRoot } from '../training/tiny-task';
import { requested } from '../attacks/named';

const cases = path.resolve('test/reference/cases');

/** Digits of 8 x 8 pixels; right answers are from PyTorch. */
describe('the input that a user declares', () => {
  let root: string;
  let device: Device;
  let lines: string[];
  const fgsm = [requested({ name: 'fgsm', epsilon: 0.05 })];

  before(async () => {
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(() => device.dispose());
  beforeEach(async () => {
    root = await temporaryRoot();
    lines = [];
    for (const name of ['trained_norm', 'emb_first', 'digits']) {
      await copyFile(path.join(cases, `${name}.onnx`), path.join(root, `${name}.onnx`));
    }
  });
  afterEach(() => rm(root, { recursive: true }));

  const onEvent = (_: string, event: RunEvent): void => {
    if (event.type === 'log') lines.push(event.text);
  };
  const attack = (name: string, changes: Partial<AttackRunOptions> = {}): Promise<AttackResult> =>
    attackRun({
      checkpoint: path.join(root, `${name}.onnx`),
      arrays: { images: path.join(cases, 'x.npy'), labels: path.join(cases, 'y.npy') },
      attacks: fgsm,
      ...{ seed: 0, device: 'auto', threads: 1, root, onEvent },
      signal: new AbortController().signal,
      resources: { device },
      ...changes,
    });
  const digits = { mean: [0.3054], std: [0.376] };

  it('counts: trained_norm has the clean and robust accuracy of its own normalisation', async () => {
    const attacks = [requested({ name: 'pgd', epsilon: 0.05 })];
    const { report } = await attack('trained_norm', { input: digits, attacks });
    assert.equal(report.cleanAccuracy, 62 / 64);
    assert.equal(report.robustAccuracy, 57 / 64);
    assert.deepEqual([report.input?.mean, report.input?.std], [[0.3054], [0.376]]);
    assert.deepEqual([report.input?.origins?.mean, report.input?.origins?.range], ['flag', 'assumed']);
  });

  it('is said in one line before the attack, whatever it comes from', async () => {
    await attack('trained_norm', { input: digits });
    const line = lines.findIndex((text) => text.startsWith('Input: '));
    assert.equal(
      lines[line],
      'Input: layout NCHW (recognised in the graph); size 8 x 8 pixels, channels 1 (declared by the model); ' +
        'range 0 to 1 (assumed); mean 0.3054, std 0.376 (by a flag); classes 10 (recognised in the graph); ' +
        'output logits (declared by the model); taken for logits (recognised in the graph).',
    );
    assert.ok(line < lines.findIndex((text) => text.startsWith('Clean accuracy')));
  });

  it('emb_first is attacked at its logits and not at its embedding, which is said', async () => {
    const { report } = await attack('emb_first');
    assert.equal(report.cleanAccuracy, 61 / 64);
    assert.deepEqual([report.input?.outputName, report.input?.otherOutputs], ['logits', ['t7']]);
    assert.match(lines.join('\n'), /output logits \(not t7\) \(chosen by its name\)/);
    await assert.rejects(attack('emb_first', { input: { outputName: 'x' } }), /no output "x"/);
  });

  it('is kept for a run that goes on', async () => {
    const controller = new AbortController();
    const stopping = observed(device, (program, count) => {
      if (program === 'fgsm' && count === 2) controller.abort();
    });
    const { record } = await attack('trained_norm', {
      input: digits,
      probe: false,
      batchSize: 16,
      signal: controller.signal,
      resources: { device: stopping },
    });
    assert.equal(record.status, 'stopped');
    const { report } = await resumeAttack({
      ...{ id: record.id, root, onEvent, resources: { device } },
      signal: new AbortController().signal,
    });
    assert.equal(report.cleanAccuracy, 62 / 64);
    assert.equal(report.input?.origins?.mean, 'flag');
  });

  it('that nothing declares is probed: trained_norm is warned about with numbers, digits is not', async () => {
    const { report } = await attack('trained_norm');
    assert.equal(
      report.warnings[0],
      "Another convention of input is clearly better: on 64 images [0, 1] with MNIST's mean and std gives 61 right and a " +
        'mean cross-entropy of 0.084, what is assumed ([0, 1] without mean and std) 58 and 0.446. If the network was ' +
        'trained like that, the accuracies here say nothing: give --range 0,1 --mean 0.1307 --std 0.3081, or put ' +
        '{"range":[0,1],"mean":[0.1307],"std":[0.3081]} into trained_norm.m2at-model.json.',
    );
    const sound = await attack('digits');
    assert.deepEqual(sound.report.warnings, []);
    assert.match(
      lines.join('\n'),
      /Tried 3 of 3 other conventions of input on 64 images in .* none is clearly better/,
    );
    lines = [];
    const declined = await attack('trained_norm', { probe: false });
    assert.deepEqual(declined.report.warnings, []);
    assert.doesNotMatch(lines.join('\n'), /Tried/);
  });

  it('--save-input writes it into the sidecar, and never over something else', async () => {
    const sidecar = path.join(root, 'trained_norm.m2at-model.json');
    await attack('trained_norm', { input: digits, saveInput: true });
    assert.deepEqual(JSON.parse(await readFile(sidecar, 'utf8')), digits);
    const { report } = await attack('trained_norm');
    assert.equal(report.cleanAccuracy, 62 / 64);
    assert.equal(report.input?.origins?.mean, 'sidecar');
    await attack('trained_norm', { input: { ...digits, range: [0, 1] }, saveInput: true });
    assert.deepEqual(JSON.parse(await readFile(sidecar, 'utf8')), { ...digits, range: [0, 1] });
    await assert.rejects(
      attack('trained_norm', { input: { mean: [0.5] }, saveInput: true }),
      (error) =>
        error instanceof M2atError &&
        error.code === 'bad-input' &&
        error.message.includes('mean: says [0.3054], and not [0.5]'),
    );
    await writeFile(sidecar, '{"mean": [0.1, 0.2]}');
    await assert.rejects(
      attack('trained_norm'),
      /sidecar|m2at-model\.json: mean: has 2 numbers for 1 channels/,
    );
    await assert.rejects(
      attack('trained_norm', { input: { mean: [1, 2] } }),
      /--mean: has 2 numbers for 1 channels/,
    );
  });
});
