import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../support/root';
import { tryAll } from './child-pool';
import { openTarget, plans, type TargetName } from './targets';

/** Milliseconds: one input, and the files that a parser starts from. */
const TIME_LIMIT = 10_000;
const START_LIMIT = 120_000;
const LIFETIME = 1000;
/** Findings that are kept as files; all are counted. */
const KEPT = 20;

export interface Tally {
  readonly name: TargetName;
  tried: number;
  accepted: number;
  refused: number;
  readonly findings: { readonly seed: number; readonly what: string }[];
  /** The most memory that a child had, in bytes. */
  peak: number;
  seconds: number;
}

export interface Campaign {
  /** The bundle of `fuzz-child.ts`. */
  readonly script: string;
  readonly firstSeed: number;
  readonly count: number;
  /** No new inputs after so many milliseconds. */
  readonly timeLimit?: number | undefined;
}

/** Tries damaged inputs of one parser in child processes. */
export async function fuzz(name: TargetName, campaign: Campaign): Promise<Tally> {
  const { script, firstSeed, count, timeLimit = Infinity } = campaign;
  const { chunk, memoryLimit } = plans[name];
  const folder = await mkdtemp(path.join(tmpdir(), 'm2at-fuzz-'));
  const tally: Tally = { name, tried: 0, accepted: 0, refused: 0, findings: [], peak: 0, seconds: 0 };
  const start = performance.now();
  let seed = firstSeed;
  const more = (): number | undefined =>
    seed < firstSeed + count && performance.now() - start < timeLimit ? seed++ : undefined;
  try {
    const processes = Math.min(4, availableParallelism());
    const limits = { timeLimit: TIME_LIMIT, startLimit: START_LIMIT, memoryLimit, lifetime: LIFETIME };
    await tryAll(more, { script, folder, target: name, processes, chunk, ...limits }, (result) => {
      tally.accepted += result.accepted;
      tally.refused += result.refused;
      tally.findings.push(...result.findings);
      tally.peak = Math.max(tally.peak, result.peak);
    });
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  tally.tried = seed - firstSeed;
  tally.seconds = (performance.now() - start) / 1000;
  tally.findings.sort((a, b) => a.seed - b.seed);
  return tally;
}

/**
 * Keeps the inputs of findings as files.
 * @returns what was found, with where its input is, for people
 */
export async function keepFindings({ name, findings }: Tally): Promise<string[]> {
  if (findings.length === 0) return [];
  const own = await mkdtemp(path.join(tmpdir(), 'm2at-fuzz-'));
  const target = await openTarget(name, own);
  try {
    const texts: string[] = [];
    for (const { seed, what } of findings.slice(0, KEPT)) {
      const { files, label } = target.input(seed);
      const place = path.join(root, 'test-results', 'fuzz', `${name}-${seed}`);
      for (const [file, content] of files) {
        await mkdir(path.dirname(path.join(place, file)), { recursive: true });
        await writeFile(path.join(place, file), content);
      }
      const again = `npm run fuzz -- --only ${name} --seed ${seed} --count 1`;
      await writeFile(path.join(place, 'finding.txt'), `${label}\n\n${what}\n\n${again}\n`);
      texts.push(
        `${name}, seed ${seed} (${label.slice(0, 300)}), kept in ${place}:\n${what}\nAgain: ${again}`,
      );
    }
    return texts;
  } finally {
    await target.close?.();
    await rm(own, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The counts of some parsers, a line each. */
export function countsOf(tallies: readonly Tally[]): string {
  const head = ['parser', 'inputs', 'accepted', 'refused', 'findings', 'MiB', 's'];
  const rows = tallies.map(({ name, tried, accepted, refused, findings, peak, seconds }) => [
    ...[name, `${tried}`, `${accepted}`, `${refused}`, `${findings.length}`],
    ...[`${Math.round(peak / 2 ** 20)}`, seconds.toFixed(0)],
  ]);
  const widths = head.map((title, n) => Math.max(title.length, ...rows.map((row) => row[n]?.length ?? 0)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, n) => (n === 0 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0)))
        .join('  '),
    )
    .join('\n');
}
