import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { settingsGiven } from '../../../src/cli/commands/attack-again';
import { parameterSetting } from '../../../src/cli/commands/attack-flags';
import { attackLike } from '../../../src/core/attacking/attack-like';
import type { AttackResult } from '../../../src/core/attacking/attack-loaded';
import { builtIn } from '../../../src/core/registry/registry';
import { attackSettings, readKnownTask } from '../../../src/core/runs/attack-like-settings';
import { readTask } from '../../../src/core/runs/stored-task';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { openDevice } from '../../../src/core/engine/devices/devices';
import type { Device } from '../../../src/core/engine/devices/device';
import { M2atError } from '../../../src/core/errors';
import type { Settings } from '../../../src/core/experiment/set-settings';
import { writeArrays, writeOnnxModel } from '../../support/tiny-models';
import { requested } from '../attacks/named';
import { temporaryRoot } from '../training/tiny-task';

describe('an attack like another one', () => {
  let root = '';
  let device: Device;
  let first: AttackResult;
  let curve: AttackResult;
  let ensemble: AttackResult;
  const { signal } = new AbortController();
  const shared = { signal, onEvent: () => undefined };

  before(async () => {
    root = await temporaryRoot();
    device = await openDevice('onnx-cpu', { threads: 1 });
    const checkpoint = await writeOnnxModel(path.join(root, 'colours.onnx'));
    const arrays = await writeArrays(root, 12);
    const attacks = [
      requested({ name: 'fgsm', epsilon: 0.01 }),
      requested({ name: 'pgd', epsilon: 0.02, steps: 2 }),
    ];
    const task = { ...shared, root, checkpoint, arrays, attacks, count: 9, resources: { device } } as const;
    const drawn = { shuffle: true, seed: 4, device: 'onnx-cpu', threads: 1 } as const;
    first = await attackRun({ ...task, ...drawn });
    curve = await attackRun({ ...task, ...drawn, epsilons: [0.01] });
    ensemble = await attackRun({ ...task, ...drawn, ensemble: true });
  });
  after(async () => {
    await device.dispose();
    await rm(root, { recursive: true });
  });

  const like = (set: Settings, id = first.record.id): Promise<AttackResult> =>
    attackLike({ ...shared, root, like: id, set, resources: { device } });
  const refused = async (set: Settings, id?: string): Promise<string> => {
    const error: unknown = await like(set, id).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof M2atError, String(error));
    assert.equal(error.code, 'bad-input');
    return error.what;
  };

  it('does the same on the same images, to the same results, also of a curve', async () => {
    for (const { record, report } of [first, curve, ensemble]) {
      assert.deepEqual(record.command, ['attack', '--like', record.id]);
      const again = await like({}, record.id);
      const images = ({ attacks }: AttackResult['report']): unknown => attacks.map((attack) => attack.images);
      assert.deepEqual(images(again.report), images(report));
      assert.deepEqual(again.record.command, record.command);
      assert.deepEqual(await readTask(root, again.record.id), await readTask(root, record.id));
    }
  });

  it('differs in what is set', async () => {
    const set = { 'attacks.0.epsilon': '8/255', 'attacks.1.name': 'bim', eightBit: true };
    const { record, report } = await like(set);
    assert.deepEqual(
      report.attacks.map(({ parameters: { name, epsilon } }) => [name, epsilon]),
      [
        ['fgsm', 8 / 255],
        ['bim', 8 / 255],
      ],
    );
    assert.equal(report.eightBit, true);
    assert.deepEqual(record.command?.slice(-2), ['--set', 'eightBit=true']);
    assert.deepEqual(
      (await readTask(root, record.id)).indices,
      (await readTask(root, first.record.id)).indices,
    );
  });

  it('attacks the first of its images, and with a curve, as one that was asked for it from the start', async () => {
    const fewer = await like({ count: 4, 'attacks.0.epsilon': 0.03 });
    const { indices } = await readTask(root, first.record.id);
    assert.deepEqual((await readTask(root, fewer.record.id)).indices, indices.slice(0, 4));
    const curved = await like({ epsilons: [0.01] });
    const task = await readTask(root, curved.record.id);
    const asked = await readTask(root, curve.record.id);
    assert.deepEqual([task.attacks, task.groups], [asked.attacks, asked.groups]);
    const stronger = await like({ 'attacks.1.steps': 3 }, curve.record.id);
    assert.deepEqual(
      stronger.report.attacks.map(({ parameters: { name, epsilon, steps } }) => [name, epsilon, steps]),
      [
        ['fgsm', 0.01, undefined],
        ['pgd', 0.02, 3],
        ['pgd', 0.01, 3],
      ],
    );
    const straight = await like({ epsilons: null }, curve.record.id);
    assert.deepEqual(
      straight.report.attacks.map(({ images }) => images),
      first.report.attacks.map(({ images }) => images),
    );
  });

  it('has a list of its settings, which says what each may be', async () => {
    const registry = builtIn;
    const task = await readKnownTask(root, curve.record.id, registry);
    const settings = attackSettings(task, { 'attacks.1.epsilon': 0.05 }, registry);
    const at = (path: string) => settings.find((setting) => setting.path === path);
    assert.equal(at('attacks.1.epsilon')?.value, 0.05);
    assert.equal(at('attacks.1.steps')?.value, 2);
    assert.match(at('attacks.1.steps')?.kind ?? '', /whole number, at least 1/);
    assert.ok(at('attacks.0.name')?.choices.some(({ value }) => value === 'bim'));
    assert.deepEqual(at('epsilons')?.value, [0.01]);
    assert.match(at('count')?.kind ?? '', /at most 9/);
    assert.equal(at('corruptions')?.value, undefined);
    const fixed = await readKnownTask(root, ensemble.record.id, registry);
    const paths = attackSettings(fixed, {}, registry).map(({ path }) => path);
    assert.ok(paths.includes('seed') && !paths.some((path) => path.startsWith('attacks')), paths.join());
    await assert.rejects(readKnownTask(root, 'none', registry), /there is no run|no run/);
  });

  it('is refused for what is wrong, with its path', async () => {
    assert.match(await refused({ 'attacks.0.epsilom': 1 }), /^attacks\.0\.epsilom is not a known key/);
    assert.match(await refused({ 'attacks.0.epsilon': 'much' }), /^attacks\.0\.epsilon must be/);
    assert.match(await refused({ 'attacks.7.epsilon': 1 }), /^attacks\.7\.epsilon wants the entry "7"/);
    assert.match(await refused({ attack: [] }), /^attack is not a known key here; did you mean "attacks"\?/);
    assert.match(await refused({ indices: [0] }), /^indices is not a known key here; known are "attacks"/);
    assert.match(await refused({ count: 10 }), /^count must be at most 9; got 10/);
    assert.match(await refused({ epsilons: [] }), /^epsilons must be a list of at least 1 entries/);
    assert.match(await refused({ 'attacks.0.epsilon': 0 }), /^attack fgsm: epsilon is 0/);
    assert.match(
      await refused({ 'attacks.0.steps': 3 }, ensemble.record.id),
      /^attacks can't be set, .* ensemble/,
    );
    assert.match(await refused({}, '2026-01-01-000000-attack-0000'), /there is no run/);
  });

  it('is told on the command line with paths and JSON', () => {
    const set = parameterSetting('attacks.0.epsilon=8/255', parameterSetting('seed=3'));
    assert.deepEqual(settingsGiven({ set, device: 'onnx-cpu' }), {
      seed: 3,
      'attacks.0.epsilon': '8/255',
      device: 'onnx-cpu',
    });
  });
});
