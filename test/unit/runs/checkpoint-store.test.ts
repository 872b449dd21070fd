import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { M2atError } from '../../../src/core/errors';
import { isTemporary, writeFileAtomic } from '../../../src/core/files/atomic-file';
import { loadLayersModel } from '../../../src/core/models/layers-model/layers-model-file';
import {
  loadTrainingCheckpoint,
  restoreVelocities,
  saveCheckpoint,
  type CheckpointState,
  type SaveOptions,
} from '../../../src/core/runs/checkpoint-store';
import { tinyNetwork } from '../attacks/tiny-network';

const state = (step: number): CheckpointState => ({
  step,
  epoch: step / 5,
  evaluatedStep: 0,
  elapsedSeconds: 1,
  bestRobustAccuracy: null,
  experiment: 'tiny',
  dataset: 'cifar10',
  classNames: ['a', 'b', 'c'],
});

function isChanged(error: unknown, name: string): boolean {
  return (
    error instanceof M2atError &&
    error.code === 'checkpoint' &&
    error.what.startsWith('is not as it was saved') &&
    (error.where ?? '').includes(name) &&
    (error.hint ?? '').includes('remove the key "checksums" from')
  );
}

/** As a version without them wrote it. */
async function withoutChecksums(folder: string): Promise<void> {
  const file = path.join(folder, 'model.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as object;
  await writeFile(file, JSON.stringify({ ...json, checksums: undefined }));
}

describe('checkpoints', () => {
  let folder: string;
  let models: tf.LayersModel[];
  let velocities: tf.Variable[][];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
    models = [tinyNetwork(3, 1), tinyNetwork(3, 2), tinyNetwork(3, 3)];
    velocities = models.map((model, seed) =>
      model.trainableWeights.map(({ shape }) =>
        tf.variable(tf.randomNormal(shape.map(Number), 0, 1, 'float32', seed)),
      ),
    );
  });
  afterEach(async () => {
    for (const model of models) model.dispose();
    tf.dispose(velocities);
    await rm(folder, { recursive: true });
  });

  const save = (n: number, options: SaveOptions = {}): Promise<void> => {
    const model = models[n];
    assert.ok(model);
    const content = { model, velocities: velocities[n] ?? [], state: state(n) };
    return saveCheckpoint(folder, content, { keepsReplaced: true, ...options });
  };
  /** Which of the checkpoints is there, whole: weights, optimizer and metadata belong together. */
  const found = async (name?: string): Promise<number> => {
    const checkpoint = await loadTrainingCheckpoint(folder, name);
    assert.ok(checkpoint);
    assert.ok(checkpoint.verified);
    const { step } = checkpoint.state;
    const restored = (velocities[step] ?? []).map((velocity) => tf.variable(tf.zerosLike(velocity)));
    restoreVelocities(restored, checkpoint.optimizer, folder);
    const bits = (variables: readonly (tf.Tensor | undefined)[]) => variables.map((v) => v?.dataSync());
    assert.deepEqual(bits(restored), bits(velocities[step] ?? []));
    assert.deepEqual(bits(checkpoint.model.getWeights()), bits(models[step]?.getWeights() ?? []));
    checkpoint.model.dispose();
    tf.dispose(restored);
    return step;
  };

  it('are read back bit for bit, the one before it too', async () => {
    await save(1);
    assert.equal(await found(), 1);
    assert.equal((await readdir(folder)).length, 3);
    await save(2);
    assert.deepEqual([await found(), await found('previous.json')], [2, 1]);
    assert.equal((await readdir(folder)).length, 6);
    // What takes the place of a damaged one leaves the one before that alone.
    await save(0, { keepsReplaced: false });
    assert.deepEqual([await found(), await found('previous.json')], [0, 1]);
    assert.equal((await readdir(folder)).length, 6);
  });

  it('are old or new, and whole, with one before it, wherever a crash comes', async () => {
    for (let crash = 1; crash <= 4; crash++) {
      for (const moment of ['before', 'half', 'after'] as const) {
        await rm(folder, { recursive: true });
        await save(0);
        await save(1);
        let writes = 0;
        const write: typeof writeFileAtomic = async (file, data) => {
          if (++writes < crash) return writeFileAtomic(file, data);
          // What a process that is killed leaves: nothing, a part of the temporary file, or all of the file.
          const half = path.join(path.dirname(file), `.${path.basename(file)}.0123abcd.tmp`);
          if (moment === 'half') await writeFile(half, data.slice(0, 100));
          if (moment === 'after') await writeFileAtomic(file, data);
          throw new Error('killed');
        };
        await assert.rejects(save(2, { write }), /killed/);
        const committed = crash > 3 || (crash === 3 && moment === 'after');
        const before = crash === 4 && moment === 'after' ? 1 : 0;
        const there = [await found(), await found('previous.json')];
        assert.deepEqual(there, [committed ? 2 : 1, before], `${moment} write ${crash}`);
        // The next save cleans up.
        await save(0);
        assert.deepEqual([await found(), await found('previous.json')], [0, committed ? 2 : 1]);
        assert.equal((await readdir(folder)).length, 6);
      }
    }
  });

  it('say what is wrong when they are damaged', async () => {
    const isDamaged = (error: unknown): boolean => error instanceof M2atError && error.code === 'checkpoint';
    await save(1);
    const copy = `${folder}-copy`;
    try {
      const names = await readdir(folder);
      const optimizer = names.find((name) => name.startsWith('optimizer-')) ?? '';
      await cp(folder, copy, { recursive: true });
      await rm(path.join(copy, optimizer));
      await assert.rejects(loadTrainingCheckpoint(copy), isDamaged);

      await writeFile(path.join(copy, optimizer), 'short');
      await assert.rejects(loadTrainingCheckpoint(copy), isDamaged);
      await withoutChecksums(copy);
      const checkpoint = await loadTrainingCheckpoint(copy);
      assert.ok(checkpoint);
      assert.equal(checkpoint.verified, false);
      assert.throws(() => {
        restoreVelocities(velocities[1] ?? [], checkpoint.optimizer, copy);
      }, isDamaged);
      checkpoint.model.dispose();

      // More than the network needs is refused before it is read.
      await truncate(path.join(copy, optimizer), 2 ** 33);
      await assert.rejects(loadTrainingCheckpoint(copy), /has 8589934592 bytes/);
      if (process.platform !== 'win32') {
        await rm(path.join(copy, optimizer));
        await symlink(path.join(folder, optimizer), path.join(copy, optimizer));
        await assert.rejects(loadTrainingCheckpoint(copy), /leads outside/);
      }

      const json = await readFile(path.join(copy, 'model.json'), 'utf8');
      await writeFile(path.join(copy, 'model.json'), json.replace(optimizer, '../../../etc/passwd'));
      await assert.rejects(loadTrainingCheckpoint(copy), isDamaged);
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });

  it('are refused when one bit of any file is another, or what describes them was changed', async () => {
    await save(1);
    const names = await readdir(folder);
    for (const name of names.filter((one) => one.endsWith('.bin'))) {
      const file = path.join(folder, name);
      const bytes = await readFile(file);
      const damaged = Buffer.from(bytes);
      // The lowest bit of a number in the middle.
      damaged.writeUInt8(damaged.readUInt8((damaged.length >> 3) << 2) ^ 1, (damaged.length >> 3) << 2);
      await writeFile(file, damaged);
      await assert.rejects(loadTrainingCheckpoint(folder), (error) => isChanged(error, name));
      await writeFile(file, bytes);
    }
    const file = path.join(folder, 'model.json');
    const text = await readFile(file, 'utf8');
    for (const [from, to] of [
      ['"relu"', '"elu"'],
      ['"step":1', '"step":2'],
      ['"a","b"', '"b","a"'],
      ['"evaluatedStep":0', '"evaluatedStep":1'],
    ] as const) {
      assert.ok(text.includes(from), from);
      await writeFile(file, text.replace(from, to));
      await assert.rejects(loadTrainingCheckpoint(folder), (error) => isChanged(error, 'model.json'));
      await assert.rejects(loadLayersModel(folder), (error) => isChanged(error, 'model.json'));
    }
    // However it is written, it is the same.
    await writeFile(file, JSON.stringify(JSON.parse(text), null, 2));
    assert.equal(await found(), 1);
    // Whoever changes it on purpose is told how.
    await writeFile(file, text.replace('"a","b"', '"cat","dog"'));
    await withoutChecksums(folder);
    const changed = await loadTrainingCheckpoint(folder);
    assert.deepEqual([changed?.verified, changed?.state.classNames], [false, ['cat', 'dog', 'c']]);
    changed?.model.dispose();
  });

  it('are read by TF.js itself as they are', async () => {
    await save(1);
    const file = path.join(folder, 'model.json');
    const { modelTopology, weightsManifest, ...rest } = JSON.parse(await readFile(file, 'utf8')) as {
      modelTopology: object;
      weightsManifest: [{ paths: [string]; weights: tf.io.WeightsManifestEntry[] }];
    };
    assert.ok('checksums' in rest);
    const [{ paths, weights: weightSpecs }] = weightsManifest;
    const weightData = Uint8Array.from(await readFile(path.join(folder, paths[0]))).buffer;
    const model = await tf.loadLayersModel(
      tf.io.fromMemory({ ...rest, modelTopology, weightSpecs, weightData }),
    );
    assert.deepEqual(model.getWeights()[0]?.dataSync(), models[1]?.getWeights()[0]?.dataSync());
    model.dispose();
  });

  it('none is there in an empty folder, or none', async () => {
    assert.equal(await loadTrainingCheckpoint(folder), undefined);
    assert.equal(await loadTrainingCheckpoint(path.join(folder, 'nowhere')), undefined);
  });
});

describe('writeFileAtomic', () => {
  it('replaces a file, and leaves nothing beside it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
    const file = path.join(folder, 'a.json');
    await writeFileAtomic(file, 'old');
    const before = await stat(file);
    await writeFileAtomic(file, 'new');
    assert.equal(await readFile(file, 'utf8'), 'new');
    // Another file was renamed over it, so that a reader of the old one was not disturbed.
    if (process.platform !== 'win32') assert.notEqual((await stat(file)).ino, before.ino);
    assert.deepEqual(await readdir(folder), ['a.json']);
    await assert.rejects(
      writeFileAtomic(path.join(folder, 'missing', 'b'), 'x'),
      (error) => error instanceof M2atError && error.code === 'io' && (error.where ?? '').includes('missing'),
    );
    await rm(folder, { recursive: true });
  });

  it('knows the names of its own temporary files', () => {
    assert.ok(isTemporary('.model.json.0123abcd.tmp'));
    assert.ok(!isTemporary('model.json'));
    assert.ok(!isTemporary('notes.tmp'));
  });
});
