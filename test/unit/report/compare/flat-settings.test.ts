import assert from 'node:assert/strict';
import { runOfCheckpoint } from '../../../../src/core/records/checkpoint-run';
import {
  differingSettings,
  flatSettings,
  settingCell,
} from '../../../../src/core/report/compare/flat-settings';

const experiment = (method: object, seed = 0) => ({
  ...{ name: `run ${seed}`, seed, device: 'auto', samples: { count: seed } },
  model: { name: 'small-cnn', widths: [16, 32] },
  method,
});

describe('the settings of runs', () => {
  it('are paths and values; a list is one value, and what is no setting is none', () => {
    const settings = flatSettings(
      experiment({ name: 'pgd-at', epsilon: 8 / 255, randomStart: true, target: null }),
    );
    assert.deepEqual(settings, {
      ...{ name: 'run 0', seed: 0, device: 'auto', 'samples.count': 0 },
      ...{ 'model.name': 'small-cnn', 'model.widths': '16, 32' },
      ...{
        'method.name': 'pgd-at',
        'method.epsilon': 8 / 255,
        'method.randomStart': true,
        'method.target': null,
      },
    });
    assert.deepEqual(flatSettings('text'), { '': 'text' });
    assert.deepEqual(Object.keys(flatSettings(JSON.parse('{"__proto__": {"a": 1}}'))), ['__proto__.a']);
  });

  it('differ in what is trained, not in what follows from a name, nor in how a run is called or looked at', () => {
    const runs = [
      flatSettings(experiment({ name: 'pgd-at', epsilon: 8 / 255, steps: 10 })),
      flatSettings(experiment({ name: 'fgsm-rs', epsilon: 8 / 255 }, 1)),
    ];
    assert.deepEqual(differingSettings(runs), ['seed', 'method.name']);
    const other = flatSettings(experiment({ name: 'trades', steps: 7 }));
    assert.deepEqual(differingSettings([...runs, other]), ['seed', 'method.name', 'method.steps']);
    // Nothing says why one has it and the other does not.
    const averaged = { ...experiment({ name: 'pgd-at' }), options: { averaging: { decay: 0.9 } } };
    const plain = flatSettings(experiment({ name: 'pgd-at' }));
    assert.deepEqual(differingSettings([plain, flatSettings(averaged)]), ['options.averaging.decay']);
    assert.deepEqual(differingSettings(runs.slice(0, 1)), []);
    assert.deepEqual(differingSettings([]), []);
  });

  it('are shown in grey levels where they are sizes of perturbations', () => {
    assert.equal(settingCell('method.epsilon', 8 / 255), '8/255');
    assert.equal(settingCell('method.stepSize', 0.01), '0.01');
    assert.equal(settingCell('training.decay', 1 / 3), '0.333333');
    assert.equal(settingCell('method.randomStart', false), 'false');
    assert.equal(settingCell('method.steps', undefined), '');
  });
});

describe('the run of a checkpoint', () => {
  it('is in its path, on any system, wherever its root was', () => {
    const run = '2026-11-22-181530-fast-3f2a';
    const files = [`/a/.m2at/runs/${run}/checkpoints/best/model.json`, `.m2at/runs/${run}/checkpoints/best`];
    for (const file of [...files, `C:\\a\\.m2at\\runs\\${run}\\checkpoints\\best\\model.json`]) {
      assert.deepEqual(runOfCheckpoint(file), { run, network: 'best' });
    }
    assert.deepEqual(runOfCheckpoint(`/a/.m2at/runs/${run}/checkpoints/last/model.json`), {
      run,
      network: 'last',
    });
    for (const file of [
      `/a/runs/${run}/checkpoints/best`,
      '/a/model.onnx',
      '/a/.m2at/runs/../checkpoints/best/x',
    ]) {
      assert.equal(runOfCheckpoint(file), undefined);
    }
  });
});
