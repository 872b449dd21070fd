import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '../support/expect';
import { root } from '../support/root';
import { useSession } from '../support/vscode/session';
import { Dashboard } from './dashboard';

/** Real images and a real network, small; more epochs than the test waits for, so that it sees a live run. */
const experiment = {
  name: 'palette run',
  seed: 3,
  dataset: { name: 'cifar10', trainCount: 512, testCount: 200 },
  model: { name: 'small-cnn', widths: [8, 8, 16, 16], hidden: 16 },
  method: { name: 'm2at', steps: 2, stepSize: '6/255' },
  training: { epochs: 2000, batchSize: 64 },
  evaluation: {
    everyEpochs: 2,
    during: { count: 50, attacks: [{ name: 'pgd', steps: 2 }] },
    final: { count: 50, attacks: [{ name: 'pgd', steps: 2 }] },
  },
  samples: { count: 8, everySteps: 10 },
};

describe('Training and attacking from the command palette', function () {
  this.timeout(300_000);
  // Each test goes on where the one before it left the window.
  this.bail(true);

  const session = useSession(() => ({
    extension: root,
    files: { 'palette.m2at.json': JSON.stringify(experiment, null, 2) },
  }));

  it('streams metrics and sample pictures into the dashboard while it trains', async () => {
    const { workbench } = session();
    await workbench.openFile('palette.m2at.json');
    await workbench.runCommand('M2AT: Start Training Run…');
    await workbench.pick('palette.m2at.json');

    await workbench.tab('palette run').waitFor();
    const dashboard = await Dashboard.of(workbench, 'palette run');
    await dashboard.status('Running');

    assert.match(await dashboard.device(), /^(ONNX Runtime|TensorFlow)/);

    const loss = await dashboard.table('loss');
    await expect(
      'three rows of metrics',
      () => loss.count(),
      (count) => count >= 3,
    );
    const newest = async (): Promise<string[]> => loss.first().locator('th, td').allInnerTexts();
    const before = await newest();
    assert.match(before.join(' '), /^\d+ \d+\.\d+ \d/, 'a row starts with step, epoch and loss');
    await expect('a newer row', newest, ([step]) => step !== before[0]);

    const speed = await dashboard.table('imagesPerSecond');
    await expect(
      'a speed',
      () => speed.first().innerText(),
      (text) => /\d/.test(text),
    );
    await dashboard.table('accuracy');
    await expect(
      'clean and robust accuracy',
      () => dashboard.evaluations.first().innerText(),
      (text) => (text.match(/\d+\.\d+\s*%/g) ?? []).length >= 2,
    );
    await dashboard.status('Running');
  });

  it('shows what M2AT masks and mixes, and shows it anew as training goes on', async () => {
    const { workbench } = session();
    const dashboard = await Dashboard.of(workbench, 'palette run');
    await expect(
      'eight rows of samples',
      () => dashboard.sampleRows.count(),
      (count) => count === 8,
    );
    const columns = ['Image', 'x', 'δ', 'M', 'x₁', 'x₂', 'xₘᵢₓ'];
    for (const [at, title] of (await dashboard.sampleColumns()).entries()) {
      assert.ok(title.startsWith(columns[at] ?? 'no more'), `column ${at} is ${title}`);
    }
    assert.match(await dashboard.sampleRows.first().innerText(), /λ [01]\.\d\d/);

    for (let row = 0; row < 8; row++) {
      const [x = [], delta = [], mask = [], x1 = [], x2 = [], mixed = []] = await dashboard.pictures(row);
      assert.equal(x.length, 32 * 32 * 3);
      assert.ok(new Set(x).size > 20, 'a photograph has many shades');
      assert.ok(new Set(delta).size > 1, 'there is a perturbation');
      assert.deepEqual(
        [...new Set(mask)].filter((value) => value !== 0 && value !== 255),
        [],
      );
      x.forEach((value, at) => {
        assert.equal(
          mask[at] === 0 ? x1[at] : x2[at],
          value,
          'each part is perturbed on its side of the mask only',
        );
        const [low, high] = [x1[at] ?? 0, x2[at] ?? 0].sort((a, b) => a - b);
        // The three pictures are rounded to eight bits one by one.
        assert.ok((mixed[at] ?? -1) >= (low ?? 0) - 1 && (mixed[at] ?? 999) <= (high ?? 0) + 1);
      });
      assert.notDeepEqual(mixed, x);
    }

    const caption = await dashboard.sampleCaption.innerText();
    assert.match(caption, /8 training images at step \d+/);
    await expect(
      'newer samples',
      () => dashboard.sampleCaption.innerText(),
      (text) => text !== caption,
    );
    await dashboard.status('Running');
    await workbench.screenshot('training');
  });

  it('stops the run at its next batch and keeps a checkpoint', async () => {
    const { workbench, workspace } = session();
    await workbench.runCommand('M2AT: Stop Run');
    const dashboard = await Dashboard.of(workbench, 'palette run');
    await dashboard.status('Stopped');

    const runs = path.join(workspace, '.m2at', 'runs');
    const [run, ...others] = await readdir(runs);
    assert.ok(run !== undefined && others.length === 0, 'one run directory');
    const record: unknown = JSON.parse(await readFile(path.join(runs, run, 'run.json'), 'utf8'));
    assert.equal(Reflect.get(Object(record), 'status'), 'stopped');
    const files = await readdir(path.join(runs, run), { recursive: true });
    assert.ok(
      files.some((file) => path.basename(file) === 'model.json'),
      files.join('\n'),
    );
  });

  it('attacks the checkpoint of the run and reports the accuracies', async () => {
    const { workbench } = session();
    await workbench.runCommand('M2AT: Attack Checkpoint…');
    await workbench.pick('palette run');
    await workbench.pickIfAsked('Last checkpoint', 'Quick look');
    await workbench.pick('Quick look');
    await workbench.pick('CIFAR-10 test images');
    await workbench.pick('100');

    const tab = workbench.tab(/^Attack: /);
    await tab.waitFor();
    const name = (await tab.innerText()).trim().replace(/^Attack: /, '');
    const dashboard = await Dashboard.of(workbench, name, 'Attack');
    await dashboard.status('Done');

    const accuracies = await dashboard.accuracies();
    assert.equal(accuracies.length, 4, JSON.stringify(accuracies));
    const [clean, fgsm, pgd, worst] = accuracies.map(({ percent }) => percent);
    assert.ok(clean !== undefined && fgsm !== undefined && pgd !== undefined && worst !== undefined);
    for (const percent of [clean, fgsm, pgd, worst]) assert.ok(percent >= 0 && percent <= 100);
    assert.ok(worst <= Math.min(fgsm, pgd) && fgsm <= clean, JSON.stringify(accuracies));

    await dashboard.sampleRows.first().waitFor();
    const changes: number[] = [];
    for (let row = 0; row < (await dashboard.sampleRows.count()); row++) {
      const [image = [], , adversarial = []] = await dashboard.pictures(row);
      changes.push(Math.max(...image.map((value, at) => Math.abs(value - (adversarial[at] ?? 0)))));
    }
    // Eight grey levels, and one for the rounding of both pictures.
    assert.ok(Math.max(...changes) >= 7 && Math.max(...changes) <= 9, `changes of ${changes.join(', ')}`);
    await workbench.screenshot('attack');
  });
});
