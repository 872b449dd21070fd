import assert from 'node:assert/strict';
import { decode } from 'fast-png';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { perturbationNorm } from '../../../src/core/attacks/base/perturbation';
import { gatherImages } from '../../../src/core/data/batch';
import { readNpy } from '../../../src/core/data/npy-file';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { analyseReport } from '../../../src/core/report/analyse-report';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { runEvent, type RunEvent } from '../../../src/core/records/run-event';
import { attackReport, type AttackReport } from '../../../src/core/records/run-files';
import { readRun, runDirectory } from '../../../src/core/runs/run-store';
import type { Samples } from '../../../src/core/runs/sample-files';
import { observed, temporaryRoot, tinyDataset } from '../training/tiny-task';
import { trainTinyCheckpoint } from '../runs/tiny-checkpoint';
import { requested } from '../attacks/named';

const attacks = [
  { name: 'fgsm', epsilon: 0.08 },
  { name: 'pgd', epsilon: 0.1, stepSize: 0.03, steps: 8 },
].map((attack) => requested(attack));

describe('the report of an attack run', () => {
  const dataset = tinyDataset(40, 80);
  let trainingRoot: string;
  let checkpoint: string;
  let bundle: string;
  let root: string;
  let device: Device;

  before(async function () {
    this.timeout(120_000);
    device = await openDevice('onnx-cpu', { threads: 1 });
    trainingRoot = await temporaryRoot();
    checkpoint = await trainTinyCheckpoint(trainingRoot, { dataset, device });
    bundle = path.join(trainingRoot, 'webview');
    await mkdir(bundle);
    await writeFile(path.join(bundle, 'dashboard.js'), 'document.body.dataset.ran = "yes";');
    await writeFile(path.join(bundle, 'dashboard.css'), 'body { margin: 0 }');
  });
  after(async () => {
    await device.dispose();
    await rm(trainingRoot, { recursive: true });
  });
  beforeEach(async () => {
    root = await temporaryRoot();
  });
  afterEach(() => rm(root, { recursive: true }));

  const attack = (changes: Partial<AttackRunOptions> = {}): ReturnType<typeof attackRun> =>
    attackRun({
      checkpoint,
      attacks,
      count: 80,
      batchSize: 16,
      seed: 1,
      device: 'auto',
      threads: 1,
      root,
      pageBundle: bundle,
      signal: new AbortController().signal,
      onEvent: () => undefined,
      resources: { dataset, device },
      ...changes,
    });
  const timeless = ({ attacks: outcomes, ...report }: AttackReport) => ({
    ...report,
    attacks: outcomes.map((outcome) => ({ ...outcome, seconds: 0 })),
  });

  it('names what its numbers depend on, and holds what follows from them', async () => {
    const { record, report } = await attack();
    assert.deepEqual((await readRun(root, record.id)).report, report);
    assert.deepEqual(report.classNames, ['red', 'green', 'blue']);
    assert.deepEqual(report.input, {
      layout: 'NHWC',
      height: 8,
      width: 8,
      channels: 3,
      range: [0, 1],
      channelOrder: 'RGB',
      outputName: 'logits',
      outputs: 'logits',
      classes: 3,
      normalizes: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
      origins: {
        layout: 'file',
        size: 'file',
        channels: 'file',
        range: 'graph',
        mean: 'graph',
        std: 'graph',
        channelOrder: 'graph',
        classes: 'graph',
        outputName: 'file',
        outputs: 'graph',
      },
    });
    assert.deepEqual(report.versions, record.versions);
    assert.deepEqual([report.batchSize, report.seed, report.selected], [16, 1, 80]);
    for (const { images } of report.attacks) {
      for (const { cleanConfidence, adversarialConfidence } of images) {
        assert.ok(cleanConfidence !== undefined && adversarialConfidence !== undefined);
        assert.ok(cleanConfidence > 1 / 3 && cleanConfidence <= 1);
        assert.ok(adversarialConfidence > 1 / 3 && adversarialConfidence <= 1);
      }
    }
    assert.deepEqual(report.analysis, analyseReport(report));
    const robust = report.analysis.classes.reduce((sum, one) => sum + one.robust, 0);
    assert.equal(robust / report.count, report.robustAccuracy);
  });

  describe('with a list of epsilons', () => {
    const epsilons = [0.14, 0.02, 0, 0.1, 0.2];

    it('measures a curve that does not count for the worst case', async () => {
      const plain = await attack();
      const { record, report } = await attack({ epsilons });
      assert.equal(report.robustAccuracy, plain.report.robustAccuracy);
      assert.equal(record.robustAccuracy, report.robustAccuracy);
      assert.deepEqual(report.analysis?.classes, plain.report.analysis?.classes);
      assert.deepEqual(report.warnings, plain.report.warnings);
      assert.deepEqual(
        report.groups?.map(({ title, epsilons: own, adversarial }) => [title, own, adversarial]),
        [
          ['fgsm linf 0.08', undefined, 'adversarial/0-fgsm.npy'],
          ['pgd-8 linf 0.1, step 0.03', undefined, 'adversarial/1-pgd.npy'],
          ['fgsm linf', [0.02, 0.1, 0.14, 0.2], 'adversarial/2-fgsm-curve.npy'],
          ['pgd-8 linf', [0.02, 0.14, 0.2], 'adversarial/3-pgd-curve.npy'],
        ],
      );
      for (const { title, points } of report.analysis?.curves ?? []) {
        const accuracies = points.map(({ robustAccuracy }) => robustAccuracy);
        assert.deepEqual(accuracies[0], report.cleanAccuracy);
        assert.deepEqual(
          accuracies,
          [...accuracies].sort((a, b) => b - a),
          title,
        );
        assert.ok((accuracies.at(-1) ?? 1) < (accuracies[1] ?? 0));
      }
      assert.deepEqual(
        report.analysis?.curves.map(({ points }) => points.map(({ epsilon }) => epsilon)),
        [
          [0, 0.02, 0.08, 0.1, 0.14, 0.2],
          [0, 0.02, 0.1, 0.14, 0.2],
        ],
      );
      await assertWorstCase(record.id, report);
    });

    /** What a smaller epsilon has broken is left alone, and its example is the one that is kept. */
    async function assertWorstCase(id: string, report: AttackReport): Promise<void> {
      const curve = report.attacks.filter(({ group }) => group === 3);
      const last = curve.at(-1)?.images ?? [];
      assert.ok(last.some(({ carriedFrom }) => report.attacks[carriedFrom ?? -1]?.group === 3));
      const file = path.join(runDirectory(root, id), report.groups?.[3]?.adversarial ?? '');
      const stored = new Float32Array((await readNpy(file, () => undefined)).data.buffer);
      for (const [n, { broken, norm, index }] of last.entries()) {
        const { data: clean } = await gatherImages(dataset.test, [index]);
        const adversarial = stored.subarray(n * 192, (n + 1) * 192);
        assert.equal(perturbationNorm(clean, adversarial, 'linf'), broken ? norm : 0);
      }
    }

    it('goes on where it was stopped, within a curve, to the same report and the same pictures', async () => {
      const options = { attacks: attacks.slice(1), epsilons };
      const whole = await attack(options);
      const expected = await readRun(root, whole.record.id);
      const galleries = await pixelsOf(expected.galleries);
      for (const stopAt of [3, 12]) {
        const controller = new AbortController();
        const stopping = observed(device, (program, count) => {
          if (program === 'pgd-steps' && count === stopAt) controller.abort();
        });
        const stopped = await attack({
          ...options,
          signal: controller.signal,
          resources: { dataset, device: stopping },
        });
        const { id } = stopped.record;
        assert.equal(stopped.record.status, 'stopped');
        assert.equal(stopped.report.attacks.length > 1, stopAt > 3, 'within the curve');
        const pageOfPart = await readFile(path.join(runDirectory(root, id), 'report.html'), 'utf8');
        assert.match(pageOfPart, /The attack was stopped/);
        const resumed = await resumeAttack({
          id,
          root,
          pageBundle: bundle,
          signal: new AbortController().signal,
          onEvent: () => undefined,
          resources: { dataset, device },
        });
        assert.deepEqual(timeless(resumed.report), timeless(whole.report));
        assert.deepEqual(await pixelsOf((await readRun(root, id)).galleries), galleries);
      }
    });
  });

  const pixelsOf = (galleries: readonly Samples[] = []): unknown =>
    galleries.map(({ grid, png }) => ({ grid, pixels: Buffer.from(decode(png).data).toString('base64') }));

  describe('galleries', () => {
    it('show each attack, told as events and kept on the disk', async () => {
      const events: RunEvent[] = [];
      const { record, report } = await attack({
        attacks: [...attacks, requested({ name: 'deepfool' })],
        epsilons: [0.02, 0.05, 0.2],
        onEvent: (_, event) => events.push(runEvent.parse(event)),
      });
      const { galleries = [] } = await readRun(root, record.id);
      // Of a curve the first and the last epsilon.
      assert.deepEqual(
        galleries.map(({ grid }) => grid.attack),
        [0, 1, 2, 3, 5, 6, 8],
      );
      const latest = new Map(
        events.flatMap((event) => (event.type === 'gallery' ? [[event.grid.attack, event] as const] : [])),
      );
      for (const { grid, png } of galleries) {
        assert.deepEqual(latest.get(grid.attack)?.grid, grid);
        const { images, title } = report.attacks[grid.attack ?? -1] ?? assert.fail('there is no such attack');
        assert.ok(grid.rows.length > 0 && grid.rows.length <= 48);
        assert.equal(grid.columns.at(-1)?.title, title);
        const picture = decode(png);
        assert.deepEqual([picture.width, picture.height], [3 * 8, grid.rows.length * 8]);
        for (const [n, row] of grid.rows.entries()) {
          const image = images.find(({ index }) => index === row.index);
          assert.ok(image && image.carriedFrom === undefined && image.cleanPrediction === image.label);
          assert.equal(row.norm, image.norm);
          assert.equal(row.predictions.xAdv?.label, image.adversarialPrediction);
          const confidence = row.predictions.xAdv.confidence;
          assert.ok(Math.abs(confidence - (image.adversarialConfidence ?? NaN)) < 1e-6);
          const first = dataset.test.images.subarray(row.index * 192, row.index * 192 + 24);
          assert.deepEqual([...picture.data.subarray(n * 8 * 72, n * 8 * 72 + 24)], [...first]);
        }
      }
      const norms = galleries[2]?.grid.rows.map(({ norm = NaN }) => norm) ?? [];
      const { quantiles } = report.analysis?.norms[0] ?? assert.fail('no norms');
      assert.deepEqual([norms[0], norms.at(-1)], [quantiles?.[0], quantiles?.[4]]);
    });

    it('that are damaged are left out', async () => {
      const { record } = await attack();
      const folder = path.join(runDirectory(root, record.id), 'gallery');
      assert.deepEqual((await readdir(folder)).sort(), ['0.json', '0.png', '1.json', '1.png']);
      const places = async (): Promise<(number | undefined)[]> =>
        ((await readRun(root, record.id)).galleries ?? []).map(({ grid }) => grid.attack);
      await writeFile(path.join(folder, '7.json'), await readFile(path.join(folder, '0.json')));
      await writeFile(path.join(folder, '7.png'), await readFile(path.join(folder, '0.png')));
      assert.deepEqual(await places(), [0, 1], 'one under another name');
      const png = await readFile(path.join(folder, '1.png'));
      png.writeUInt32BE(8, 20);
      await writeFile(path.join(folder, '1.png'), png);
      assert.deepEqual(await places(), [0], 'a picture of another size');
      await writeFile(path.join(folder, '0.json'), '{');
      assert.deepEqual(await places(), []);
    });
  });

  it('says in the log when there is nothing to make a page of', async () => {
    const texts: string[] = [];
    const { record, report } = await attack({
      pageBundle: path.join(root, 'nowhere'),
      onEvent: (_, event) => {
        if (event.type === 'log') texts.push(event.text);
      },
    });
    assert.equal(record.status, 'done');
    assert.deepEqual(attackReport.parse(report), report);
    assert.ok(texts.some((text) => /report\.html was not written: .*nowhere.*npm run build/s.test(text)));
    const names = await readdir(runDirectory(root, record.id));
    assert.ok(!names.includes('report.html'));
  });
});
