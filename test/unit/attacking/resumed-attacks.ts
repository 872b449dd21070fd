import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { isCancelled } from '../../../src/core/cancellation';
import type { AttackParameters } from '../../../src/core/attacks/parameters/attack-parameters';
import { encodeNpyHeader } from '../../../src/core/data/npy';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { resumeAttack } from '../../../src/core/attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../../../src/core/attacking/attack-run';
import { runEvent, type RunEvent } from '../../../src/core/records/run-event';
import { runDirectory } from '../../../src/core/records/run-paths';
import { readRun } from '../../../src/core/runs/run-store';
import { noise } from '../engine/engine-fixture';
import { encode, floats, modelProto } from '../models/onnx/build-model';
import { observed, temporaryRoot } from '../training/tiny-task';
import { requested } from '../attacks/named';

const COUNT = 72;
const BATCH = 6;
const CLEAN_PASSES = COUNT / BATCH;
const shape = [COUNT, 6, 6, 3];
const ask = (...attacks: object[]): AttackParameters[] => attacks.map((one) => requested(one));

/** Each with images that fall and images that withstand. */
const cases: Record<string, Partial<AttackRunOptions> & Pick<AttackRunOptions, 'attacks'>> = {
  'attacks that stand alone': {
    attacks: ask({ name: 'fgsm', epsilon: 0.02 }, { name: 'bim', epsilon: 0.04, steps: 3 }),
  },
  'an ensemble': {
    ensemble: true,
    attacks: ask({ name: 'fgsm', epsilon: 0.02 }, { name: 'pgd', epsilon: 0.04, steps: 3 }),
  },
  'an ensemble on the 8-bit grid, with a minimal norm': {
    ensemble: true,
    eightBit: true,
    attacks: ask(
      { name: 'fgsm', epsilon: 0.03 },
      { name: 'deepfool', norm: 'linf', epsilon: 0.04, steps: 5 },
    ),
  },
  'a curve': { epsilons: [0.01, 0.02, 0.03], attacks: ask({ name: 'pgd', epsilon: 0.05, steps: 3 }) },
  'a curve of a targeted attack, in L2': {
    epsilons: [0.1, 0.4],
    attacks: ask({ name: 'pgd', norm: 'l2', epsilon: 0.6, steps: 3, targeted: true }),
  },
};

/**
 * Stops and kills attacks, and goes on with them.
 * @param moments how many times each is stopped or killed
 */
export function testResumedAttacks(moments: number): void {
  describe('what a resumed attack leaves is what one that was never stopped leaves', function () {
    this.timeout(Math.max(20_000, 1000 * moments));
    let root = '';
    let device: Device;
    before(async () => {
      device = await openDevice('onnx-cpu', { threads: 1 });
    });
    after(() => device.dispose());
    beforeEach(async () => {
      root = await temporaryRoot();
      const pixels = noise(shape, 2).data.map((value) => (value + 1) / 2);
      await writeFile(
        path.join(root, 'x.npy'),
        Buffer.concat([encodeNpyHeader('<f4', shape), Buffer.from(pixels.buffer)]),
      );
      const labels = Uint8Array.from({ length: COUNT }, (_, n) => n % 3);
      await writeFile(path.join(root, 'y.npy'), Buffer.concat([encodeNpyHeader('|u1', [COUNT]), labels]));
      const network = {
        opset: 13,
        input: ['n', 3, 6, 6] as const,
        nodes: [
          { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
          { op: 'MatMul', inputs: ['f', 'w'], outputs: ['y'] },
        ],
        tensors: [floats('w', noise([108, 3], 4))],
        outputs: [{ name: 'y', shape: ['n', 3] }],
      };
      await writeFile(
        path.join(root, 'net.onnx'),
        encode(modelProto({ ...network, input: [...network.input] })),
      );
    });
    afterEach(() => rm(root, { recursive: true, maxRetries: 5 }));

    const attack = (changes: Partial<AttackRunOptions> & Pick<AttackRunOptions, 'attacks'>) =>
      attackRun({
        checkpoint: path.join(root, 'net.onnx'),
        arrays: { images: path.join(root, 'x.npy'), labels: path.join(root, 'y.npy') },
        seed: 0,
        batchSize: BATCH,
        device: 'onnx-cpu',
        threads: 1,
        root,
        signal: new AbortController().signal,
        onEvent: () => undefined,
        resources: { device },
        ...changes,
      });

    /** A device that tells of each forward pass: those of the clean images, then some for each batch. */
    const atPass = (tell: (pass: number) => unknown): Device =>
      observed(device, (name, n) => {
        if (name === 'classify') tell(n);
      });

    const resume = (id: string, onDevice = device) =>
      resumeAttack({
        id,
        root,
        signal: new AbortController().signal,
        onEvent: () => undefined,
        resources: { device: onDevice },
      });

    for (const [what, options] of Object.entries(cases)) {
      it(`${what}: stopped, and gone on with`, async () => {
        const { record } = await attack(options);
        const whole = await outputOf(root, record.id);
        assert.ok(await hasBoth(root, record.id), 'some fall, some withstand');
        let passes = 0;
        await attack({ ...options, resources: { device: atPass((n) => (passes = n)) } });
        for (const pass of some(passes - CLEAN_PASSES - 3, moments).map((n) => CLEAN_PASSES + 1 + n)) {
          const controller = new AbortController();
          let id = '';
          const stopped = attack({
            ...options,
            signal: controller.signal,
            onEvent: (run) => (id = run),
            resources: {
              device: atPass((n) => {
                if (n === pass) controller.abort();
              }),
            },
          });
          // Before the first batch there is nothing to report.
          await stopped.catch((error: unknown) => {
            assert.ok(isCancelled(error));
          });
          assert.equal((await readRun(root, id)).record.status, 'stopped');
          await resume(id);
          assert.deepEqual(await outputOf(root, id), whole, `pass ${pass} of ${passes}`);
        }
      });
    }

    it('killed at every moment that can be told from outside, and between the two files of a gallery', async () => {
      const options = cases['an ensemble'];
      assert.ok(options);
      const copies: string[] = [];
      let original = '';
      const { record } = await attack({
        ...options,
        onEvent: (id, event: RunEvent) => {
          original = runDirectory(root, id);
          if (!['gallery', 'report'].includes(runEvent.parse(event).type)) return;
          const copy = `killed-attack-${copies.length}`;
          copies.push(copy);
          // Synchronous: nothing more is written meanwhile.
          cpSync(original, runDirectory(root, copy), { recursive: true });
        },
      });
      const whole = await outputOf(root, record.id);
      assert.ok(copies.length > 6, `${copies.length}`);
      for (const n of some(copies.length, 2 * moments)) {
        const copy = copies[n] ?? '';
        const folder = runDirectory(root, copy);
        await endProcessOf(folder);
        const mixed = `mixed-attack-${n}`;
        await cp(folder, runDirectory(root, mixed), { recursive: true });
        // The pictures are newer than what is said of them.
        const before = copies[n - 1];
        if (before !== undefined) await takeGrids(runDirectory(root, before), runDirectory(root, mixed));
        for (const id of [mixed, copy]) {
          await resume(id);
          assert.deepEqual(await outputOf(root, id), whole, `${id} of ${copies.length}`);
        }
      }
    });

    it('shows no gallery of a state that was lost, and says which pictures can not be had again', async () => {
      const options = cases['an ensemble'];
      assert.ok(options);
      const { record } = await attack(options);
      const whole = await outputOf(root, record.id);
      const folder = runDirectory(root, record.id);
      const state = path.join(folder, 'attack-state.jsonl');
      const lines = (await readFile(state, 'utf8')).split('\n');
      await endProcessOf(folder);
      await writeFile(state, `${lines.slice(0, 2).join('\n')}\n`);
      const controller = new AbortController();
      await resumeAttack({
        id: record.id,
        root,
        signal: controller.signal,
        onEvent: () => undefined,
        resources: {
          device: atPass((n) => {
            if (n === 4) controller.abort();
          }),
        },
      });
      assert.deepEqual((await readdir(path.join(folder, 'gallery'))).sort(), ['0.json', '0.png']);
      await resume(record.id);
      assert.deepEqual(await outputOf(root, record.id), whole);

      await endProcessOf(folder);
      await rm(path.join(folder, 'gallery'), { recursive: true });
      await resume(record.id);
      assert.match(
        await readFile(path.join(folder, 'log.txt'), 'utf8'),
        /warn .*withstood.*left out of its gallery/,
      );
    });

    it('a picture beside what is said of another one is not shown', async () => {
      const options = cases['an ensemble'];
      assert.ok(options);
      const { record } = await attack(options);
      const folder = path.join(runDirectory(root, record.id), 'gallery');
      assert.equal((await readRun(root, record.id)).galleries?.length, 2);
      const text = await readFile(path.join(folder, '0.json'), 'utf8');
      const index = /"index":(\d+)/.exec(text)?.[1] ?? '';
      await writeFile(path.join(folder, '0.json'), text.replace(`"index":${index}`, '"index":71'));
      assert.equal((await readRun(root, record.id)).galleries?.length, 1);
    });
  });
}

/** So many places in a list of `length`, evenly spread, the last one among them. */
function some(length: number, count: number): number[] {
  const all = [...Array(length).keys()];
  return all.filter((n) => Math.floor(((n + 1) * count) / length) > Math.floor((n * count) / length));
}

/** All that a run leaves, but for its times. */
async function outputOf(root: string, id: string): Promise<object> {
  const folder = runDirectory(root, id);
  const files: Record<string, string> = {};
  for (const name of ['gallery', 'adversarial']) {
    for (const file of (await readdir(path.join(folder, name))).sort()) {
      files[`${name}/${file}`] = (await readFile(path.join(folder, name, file))).toString('base64');
    }
  }
  const { report } = await readRun(root, id);
  assert.ok(report);
  const attacks = report.attacks.map((one) => ({ ...one, seconds: 0 }));
  return { files, report: { ...report, attacks } };
}

async function hasBoth(root: string, id: string): Promise<boolean> {
  const images = (await readRun(root, id)).report?.attacks.flatMap((one) => one.images) ?? [];
  const attacked = images.filter((image) => image.cleanPrediction === image.label);
  return attacked.some(({ broken }) => broken) && attacked.some(({ broken }) => !broken);
}

/** As if its process had been killed. */
async function endProcessOf(folder: string): Promise<void> {
  const file = path.join(folder, 'run.json');
  const record = z.looseObject({ sum: z.unknown() }).parse(JSON.parse(await readFile(file, 'utf8')));
  const killed = {
    ...record,
    sum: undefined,
    id: path.basename(folder),
    status: 'running',
    owner: undefined,
  };
  await writeFile(file, JSON.stringify({ ...killed, pid: 2 ** 22 + 1 }));
}

/** What is said of the pictures is older than they are, where both have it. */
async function takeGrids(from: string, to: string): Promise<void> {
  for (const name of await readdir(path.join(from, 'gallery')).catch(() => [])) {
    if (name.endsWith('.json')) await cp(path.join(from, 'gallery', name), path.join(to, 'gallery', name));
  }
}
