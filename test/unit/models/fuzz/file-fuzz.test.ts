import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { currentBackend } from '../../../../src/core/engine/current-backend';
import { root } from '../../../support/root';
import { tryAll, type Result } from './child-pool';
import { fileCase } from './file-case';
import { fileKinds, seedFiles, type SeedFiles } from './seed-files';
import { writeCase } from './try-files';

/** `npm run fuzz -- --files --seed 17 --count 1` sets these. */
const firstSeed = Number(process.env.M2AT_FILE_FUZZ_SEED ?? 1);
const count = Number(process.env.M2AT_FILE_FUZZ_COUNT ?? 5000);

const TIME_LIMIT = 10_000;
const MEMORY_LIMIT = 2 * 2 ** 30;
/** Problems that are printed; all are counted. */
const SHOWN = 20;

describe('damaged files', () => {
  let folder = '';
  let originals: SeedFiles[] = [];
  before(async () => {
    currentBackend();
    folder = await mkdtemp(path.join(tmpdir(), 'm2at-fuzz-'));
    originals = await seedFiles();
  });
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it(`${count} of them: each works, or gives one message; no crash, no hang, no memory above 2 GiB`, async function () {
    this.timeout(60_000 + count * 200);
    const ends = new Map<string, number>();
    const problems: { seed: number; what: string }[] = [];
    const seeds = Array.from({ length: count }, (_, n) => firstSeed + n);
    const processes = Math.min(4, availableParallelism());
    const script = path.join(__dirname, 'file-fuzz-child.js');
    let peak = 0;
    await tryAll(seeds, { script, folder, processes, timeLimit: TIME_LIMIT, lifetime: 1000 }, (result) => {
      const what = problemOf(result);
      if (what !== undefined) problems.push({ seed: result.seed, what });
      if (result.type !== 'tried') return;
      peak = Math.max(peak, result.peak);
      ends.set(result.outcome.end, (ends.get(result.outcome.end) ?? 0) + 1);
    });
    console.log(
      `      ${[...ends].map(([end, n]) => `${n} ${end}`).join(', ')}; at most ${Math.round(peak / 2 ** 20)} MiB`,
    );
    const kept: string[] = [];
    for (const { seed, what } of problems.slice(0, SHOWN)) {
      const place = path.join(root, 'test-results', 'file-fuzz', `${seed}`);
      const files = fileCase(originals, seed);
      await writeCase(files, place);
      kept.push(`seed ${seed} (${files.kind}, ${files.label.slice(0, 300)}), kept in ${place}:\n${what}`);
    }
    assert.equal(problems.length, 0, `${problems.length} problems\n${kept.join('\n\n')}`);
    if (count < 1000) return;
    // Damage that is always noticed, or never, would test nothing.
    for (const end of ['works', 'runs', 'refused'])
      assert.ok((ends.get(end) ?? 0) > count / 100, `few ${end}`);
  });

  it('are of every kind, and the same for the same seed', () => {
    const cases = Array.from({ length: 200 }, (_, seed) => fileCase(originals, seed));
    for (const kind of fileKinds)
      assert.ok(
        cases.some((files) => files.kind === kind),
        kind,
      );
    for (const [seed, files] of cases.entries()) {
      assert.deepEqual(fileCase(originals, seed).files, files.files);
    }
  });
});

/** Undefined for a result as it should be. */
function problemOf(result: Result): string | undefined {
  if (result.type !== 'tried') return `${result.type}: ${result.detail}`;
  if (result.outcome.end === 'problem') return result.outcome.problem;
  return result.peak > MEMORY_LIMIT ? `${Math.round(result.peak / 2 ** 20)} MiB of memory` : undefined;
}
