import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { attackRun } from '../../../src/core/attacking/attack-run';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { requestedAttacks } from '../../../src/cli/commands/attack-flags';
import { createProgram } from '../../../src/cli/program';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';
import { parseExperiment } from '../../../src/core/experiment/parse-experiment';
import { builtIn, type Registry } from '../../../src/core/registry/registry';
import { attackCatalog } from '../../../src/extension/attack/attack-catalog';
import { shownValue } from '../../../src/extension/attack/attack-draft';
import { temporaryRoot, tinyDataset } from '../training/tiny-task';
import { trainTinyCheckpoint } from '../runs/tiny-checkpoint';
import { niFgsm } from './ni-fgsm/ni-fgsm-definition';

/** As if the attack of a test's folder had its line in the index. */
const registry: Registry = { ...builtIn, attacks: [...builtIn.attacks, niFgsm] };

describe('an attack of a definition and one line in a list', () => {
  const dataset = tinyDataset(40, 40);
  let root: string;
  let device: Device;
  before(async () => {
    root = await temporaryRoot();
    device = await openDevice('onnx-cpu', { threads: 1 });
  });
  after(async () => {
    await device.dispose();
    await rm(root, { recursive: true });
  });

  it('runs from the flags of the command line to a report, with its curve, and can be resumed', async () => {
    const checkpoint = await trainTinyCheckpoint(root, { dataset, device });
    const common = { registry, root, onEvent: () => undefined, resources: { dataset, device } };
    const stop = new AbortController();
    const asked = { checkpoint, count: 40, batchSize: 20, seed: 0, device: 'auto', threads: 1 } as const;
    const attacks = requestedAttacks(registry.attacks, {
      attack: ['ni-fgsm', 'mi-fgsm'],
      eps: '0.3',
      steps: 3,
    });
    const stopped = await attackRun({
      ...{ ...common, ...asked, attacks, epsilons: [0.1, 0.3], signal: stop.signal },
      onEvent: (_, event) => {
        if (event.type === 'report' && event.report.attacks.length > 0) stop.abort();
      },
    });
    assert.equal(stopped.record.status, 'stopped');
    const signal = new AbortController().signal;
    const { record, report } = await resumeAttack({ ...common, id: stopped.record.id, signal });
    assert.equal(record.status, 'done');
    const [own, known] = report.attacks;
    assert.deepEqual(
      [own?.title, report.attacks.length, report.analysis?.curves.map(({ title }) => title)],
      ['ni-fgsm linf 0.3, 3 steps', 4, ['ni-fgsm linf, 3 steps', 'mi-fgsm linf, 3 steps']],
    );
    assert.deepEqual(own?.parameters, { name: 'ni-fgsm', epsilon: 0.3, steps: 3, decay: 1 });
    assert.ok(own.images.some(({ broken }) => broken));
    assert.ok(own.images.every(({ norm }) => norm <= 0.3 + 1e-6));
    assert.ok(
      Math.abs(own.robustAccuracy - (known?.robustAccuracy ?? NaN)) < 0.2,
      'it is as strong as its like',
    );
  });

  it('is in the schema of experiments, and an experiment that names it is read', () => {
    const shown = JSON.stringify(experimentJsonSchema(registry));
    assert.ok(shown.includes('"ni-fgsm"') && shown.includes('Steps of epsilon / steps.'));
    const text = (attack: object): string =>
      JSON.stringify({
        dataset: { name: 'cifar10' },
        model: { name: 'small-cnn' },
        method: { name: 'standard' },
        evaluation: { final: { count: 10, attacks: [attack] } },
      });
    const [run] = parseExperiment(text({ name: 'ni-fgsm' }), registry).runs ?? [];
    assert.deepEqual(run?.experiment.evaluation.final.attacks, [
      { name: 'ni-fgsm', epsilon: 8 / 255, steps: 10, decay: 1 },
    ]);
    const [problem] = parseExperiment(text({ name: 'ni-fgsm', decays: 2 }), registry).problems ?? [];
    assert.match(problem?.message ?? '', /did you mean "decay"/);
    assert.ok(parseExperiment(text({ name: 'ni-fgsm' })).problems, 'nobody else knows it');
  });

  it('is in the help of the command line, which says why it has no target', () => {
    let help = '';
    const command = createProgram(registry).commands.find((one) => one.name() === 'attack');
    command?.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp();
    assert.match(help, /^ {2}ni-fgsm +linf +gradients +MI-FGSM with Nesterov's momentum$/m);
    assert.throws(
      () => requestedAttacks(registry.attacks, { attack: ['ni-fgsm'], target: 'second' }),
      /ni-fgsm has no targeted form[^]*Use mi-fgsm\./,
    );
  });

  it('is a row of the picker, with its parameters and what they are by default', () => {
    const entry = attackCatalog(registry.attacks).find(({ name }) => name === 'ni-fgsm');
    assert.ok(entry);
    assert.deepEqual(
      [entry.group, entry.blackBox, entry.line, entry.fields.map(({ key }) => key)],
      [
        ...['Gradient, within epsilon', false, "MI-FGSM with Nesterov's momentum (Lin et al., ICLR 2020)."],
        ['epsilon', 'steps', 'decay'],
      ],
    );
    assert.equal(shownValue(registry.attacks, { name: 'ni-fgsm', values: {} }, 'epsilon'), '8/255');
  });
});
