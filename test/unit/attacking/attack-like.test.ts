import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { settingsGiven } from '../../../src/cli/commands/attack-again';
import { parameterSetting } from '../../../src/cli/commands/attack-flags';
import { attackLike } from '../../../src/core/attacking/attack-like';
import type { AttackResult } from '../../../src/core/attacking/attack-loaded';
import { readTask } from '../../../src/core/attacking/attack-resume';
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
    for (const { record, report } of [first, curve]) {
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

  it('is refused for what is wrong, with its path', async () => {
    assert.match(await refused({ 'attacks.0.epsilom': 1 }), /^attacks\.0\.epsilom is not a known key/);
    assert.match(await refused({ 'attacks.0.epsilon': 'much' }), /^attacks\.0\.epsilon must be/);
    assert.match(await refused({ 'attacks.7.epsilon': 1 }), /^attacks\.7\.epsilon wants the entry "7"/);
    assert.match(await refused({ attack: [] }), /^attack is not a known key here; did you mean "attacks"\?/);
    assert.match(await refused({ indices: [0] }), /^indices is not a known key here; known are "checkpoint"/);
    assert.match(await refused({ 'attacks.0.epsilon': 0.1 }, curve.record.id), /of an ensemble or a curve/);
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
