import type { FieldPath, FieldProblem } from './describe-issue';
import { memberNames } from './member-names';
import { isJsonObject, type Json, type JsonObject } from './overlay';
import { MAX_RUNS } from './sweep-schema';

/** A value that a sweep sets, and where the file says it. */
export interface SweptValue {
  readonly path: string;
  readonly value: Json;
  readonly place: FieldPath;
}

/** One combination of a sweep's values. */
export interface SweepMember {
  /** Made from what differs, such as `epsilon=4/255, seed=1`; no other member has it. */
  readonly name: string;
  /** The same without the seed, of a sweep with `seeds`: what is repeated. */
  readonly setting?: string;
  readonly values: readonly SweptValue[];
}

/** The key of a sweep, for places in the file. */
export const SWEEP = 'sweep';

const SEED = 'seed';
/** What a sweep can't go through, and why. */
const reserved: ReadonlyMap<string, string> = new Map([
  ['name', 'is made from what differs between the runs of a sweep; leave it out'],
  ['runs', 'is of the file, and a sweep is laid over each of its runs; leave it out'],
  [SWEEP, 'is the sweep itself; leave it out'],
  ['$schema', 'is of the file; leave it out'],
]);

/**
 * What is wrong with a sweep as such, whatever its values mean.
 * @param sweep that passed its schema
 * @param runs of the file, each of which it is laid over
 * @param set paths that are set in every run
 */
export function sweepProblems(sweep: JsonObject, runs: number, set: readonly string[]): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const report = (path: FieldPath, message: string): void => {
    problems.push({ path: [SWEEP, ...path], message });
  };
  const grid = entriesOf(sweep.grid);
  const zip = entriesOf(sweep.zip);
  if (grid.length + zip.length === 0 && sweep.seeds === undefined) {
    const example = '"grid": { "method.epsilon": ["4/255", "8/255"] }';
    report([], `goes through nothing; give it a grid, a zip or seeds, such as ${example}`);
  }
  for (const [part, entries] of [
    ['grid', grid],
    ['zip', zip],
  ] as const) {
    for (const [path, values] of entries) {
      const reason = reserved.get(path.split('.')[0] ?? '');
      if (reason !== undefined) report([part, path], reason);
      if (set.includes(path)) report([part, path], 'is set for every run already; leave one out');
      if (path === SEED && sweep.seeds !== undefined)
        report([part, path], 'and seeds both say the seed; leave one out');
      if (part === 'grid')
        reportRepeated(values, (index, message) => {
          report([part, path, index], message);
        });
    }
  }
  if (sweep.seeds !== undefined && set.includes(SEED))
    report(['seeds'], 'and a set seed both say the seed; leave one out');
  if (Array.isArray(sweep.seeds)) {
    reportRepeated(sweep.seeds, (index, message) => {
      report(['seeds', index], message);
    });
  }
  for (const [path] of zip) {
    if (grid.some(([other]) => other === path))
      report(['zip', path], 'is in the grid as well; leave one out');
  }
  const lengths = [...new Set(zip.map(([, values]) => values.length))];
  if (lengths.length > 1) {
    const all = zip.map(([path, { length }]) => `"${path}" has ${length}`).join(', ');
    report(['zip'], `needs lists of equal length, as they are walked through together; ${all}`);
  }
  const count = runs * memberCount(sweep);
  if (count > MAX_RUNS) {
    const of = runs > 1 ? `, ${memberCount(sweep)} for each of ${runs} runs` : '';
    report([], `makes ${count} runs${of}; a file has at most ${MAX_RUNS}`);
  }
  return problems;
}

function reportRepeated(values: readonly Json[], report: (index: number, message: string) => void): void {
  const seen = new Set<string>();
  for (const [index, value] of values.entries()) {
    const text = JSON.stringify(value);
    if (seen.has(text)) report(index, 'is in the list twice; leave one out');
    seen.add(text);
  }
}

/** Runs that a sweep makes of one. */
function memberCount(sweep: JsonObject): number {
  const grid = entriesOf(sweep.grid).reduce((count, [, values]) => count * values.length, 1);
  const zip = entriesOf(sweep.zip)[0]?.[1].length ?? 1;
  const { seeds } = sweep;
  return grid * zip * (Array.isArray(seeds) ? seeds.length : typeof seeds === 'number' ? seeds : 1);
}

/**
 * Every combination of a sweep without problems, in order: the grid's, its last path the fastest, within each the pairs of
 * the zip, and within those the seeds.
 * @param base the seed from which seeds that are a number count
 */
export function sweepMembers(sweep: JsonObject, base: number): SweepMember[] {
  let settings: readonly (readonly SweptValue[])[] = [[]];
  for (const [path, values] of entriesOf(sweep.grid)) {
    const swept = values.map((value, index) => ({ path, value, place: [SWEEP, 'grid', path, index] }));
    settings = settings.flatMap((setting) => swept.map((value) => [...setting, value]));
  }
  const zip = entriesOf(sweep.zip);
  const walked = (zip[0]?.[1] ?? []).map((_, index) =>
    zip.map(([path, values]) => ({ path, value: values[index] ?? null, place: [SWEEP, 'zip', path, index] })),
  );
  if (walked.length > 0)
    settings = settings.flatMap((setting) => walked.map((values) => [...setting, ...values]));
  const seeds = seedsOf(sweep, base);
  if (seeds.length === 0) {
    const names = memberNames(settings);
    return settings.map((values, n) => ({ name: names[n] ?? '', values }));
  }
  const members = settings.flatMap((setting) => seeds.map((seed) => [...setting, seed]));
  const names = memberNames(members);
  const ofSettings = settings.length > 1 ? memberNames(settings) : [''];
  return members.map((values, n) => ({
    name: names[n] ?? '',
    setting: ofSettings[Math.floor(n / seeds.length)] ?? '',
    values,
  }));
}

function seedsOf({ seeds }: JsonObject, base: number): SweptValue[] {
  if (Array.isArray(seeds)) {
    return seeds.map((value: Json, index) => ({ path: SEED, value, place: [SWEEP, 'seeds', index] }));
  }
  return Array.from({ length: typeof seeds === 'number' ? seeds : 0 }, (_, n) => ({
    path: SEED,
    value: base + n,
    place: [SWEEP, 'seeds'],
  }));
}

function entriesOf(lists: Json | undefined): (readonly [path: string, values: readonly Json[]])[] {
  return Object.entries(isJsonObject(lists) ? lists : {}).flatMap(([path, values]) =>
    Array.isArray(values) ? [[path, values] as const] : [],
  );
}
