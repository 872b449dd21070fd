import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Device } from '../../../src/core/engine/devices/device';
import { openDevice } from '../../../src/core/engine/devices/devices';
import { M2atError } from '../../../src/core/errors';
import { writeReportPage } from '../../../src/core/runs/report-page';
import { sampleGrid, type RunRecord } from '../../../src/core/records/run-files';
import { runDirectory, runFile, runsDirectory } from '../../../src/core/records/run-paths';
import { listRuns, readRun } from '../../../src/core/runs/run-store';
import { observed } from '../../unit/training/tiny-task';
import { assertFound, Finding } from '../fuzz-target';
import { faultOf } from '../judge';
import type { RunChildTask } from '../run-child';
import { accuraciesOf, examplesOf, outcomeOf, reportFacts, rowsOf, type Facts } from './facts';
import { runKinds, tinyRun, writeTinyModel, type RunKind } from './tiny-runs';

/** How a run ended before it is damaged. */
export const runEnds = ['done', 'stopped', 'killed'] as const;
export type RunEnd = (typeof runEnds)[number];

/** A run that is in order: what damage starts from. */
export interface RunCase {
  readonly kind: RunKind;
  readonly end: RunEnd;
  readonly id: string;
  readonly folder: string;
}

interface Read {
  readonly record: RunRecord;
  readonly accuracies: Facts;
  readonly rows: ReturnType<typeof rowsOf>;
  readonly report: unknown;
  readonly pictures: readonly unknown[];
}

/** Runs of each kind and end, made in a folder, and what becomes of them when a part of them is damaged. */
export class RunCases {
  readonly cases: RunCase[] = [];
  /** What the runs that were not stopped ended with. */
  private readonly outcomes = new Map<RunKind, Facts>();
  private readonly reads = new Map<string, Read>();
  private readonly examples = new Map<string, Facts>();
  /** What is said of a run that is in order, too: it excuses nothing. */
  private readonly usual = new Map<string, readonly string[]>();

  private constructor(
    private readonly folder: string,
    private readonly device: Device,
  ) {}

  static async make(folder: string): Promise<RunCases> {
    const cases = new RunCases(folder, await openDevice('onnx-cpu', { threads: 1 }));
    await writeTinyModel(cases.model);
    await mkdir(cases.bundle, { recursive: true });
    await writeFile(path.join(cases.bundle, 'dashboard.js'), 'console.log("dashboard")');
    await writeFile(path.join(cases.bundle, 'dashboard.css'), 'body { margin: 0 }');
    for (const kind of runKinds) for (const end of runEnds) await cases.add(kind, end);
    for (const run of cases.cases) {
      const told = await cases.told(run, () => Promise.resolve());
      cases.usual.set(run.folder, told);
    }
    return cases;
  }

  async dispose(): Promise<void> {
    await this.device.dispose();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /**
   * Damages a copy of a run, and has it listed, read, reported, evaluated and resumed. Each gives the numbers of the run
   * that is in order, or says that something is wrong.
   * @throws Finding
   */
  async try(
    run: RunCase,
    damage: (folder: string, outside: string) => Promise<void>,
  ): Promise<'right' | 'told'> {
    return (await this.told(run, damage)).length > 0 ? 'told' : 'right';
  }

  private async told(
    run: RunCase,
    damage: (folder: string, outside: string) => Promise<void>,
  ): Promise<readonly string[]> {
    const work = path.join(this.folder, 'work');
    const [root, outside] = [path.join(work, 'root'), path.join(work, 'outside')];
    await rm(work, { recursive: true, force: true, maxRetries: 5 });
    await mkdir(outside, { recursive: true });
    await writeFile(path.join(outside, 'other.txt'), 'not of the run');
    const folder = runDirectory(root, run.id);
    await mkdir(runsDirectory(root), { recursive: true });
    await cp(run.folder, folder, { recursive: true });
    await damage(folder, outside);
    const before = await snapshot([outside, this.model]);
    const told: string[] = [];
    await this.checkReads(run, root, told);
    await this.checkResume(run, root, told);
    assertFound(
      isDeepStrictEqual(await snapshot([outside, this.model]), before),
      'something outside of the run has changed',
    );
    return this.unusual(run, told);
  }

  private unusual(run: RunCase, words: readonly string[]): readonly string[] {
    const usual = this.usual.get(run.folder) ?? [];
    return words.filter((text) => !usual.includes(text));
  }

  private get model(): string {
    return path.join(this.folder, 'model');
  }

  private get bundle(): string {
    return path.join(this.folder, 'webview');
  }

  private async add(kind: RunKind, end: RunEnd): Promise<void> {
    const root = path.join(this.folder, `${kind}-${end}`);
    await mkdir(root, { recursive: true });
    const run = { kind, root, model: this.model };
    if (end === 'killed')
      runKilled({ ...run, killAt: kind === 'train' ? ['train-step', 8] : ['pgd-steps', 2] });
    else {
      const controller = new AbortController();
      const stopping = observed(this.device, (program, count) => {
        if (
          kind === 'train' ? program === 'train-step' && count === 7 : program === 'pgd-steps' && count === 2
        ) {
          if (end === 'stopped') controller.abort();
        }
      });
      await tinyRun({ ...run, device: stopping, signal: controller.signal });
    }
    const [record] = await listRuns(root);
    const wanted = end === 'done' ? 'done' : 'stopped';
    if (record?.status !== wanted) throw new Error(`the ${kind} run is ${record?.status ?? 'not there'}`);
    const one: RunCase = { kind, end, id: record.id, folder: runDirectory(root, record.id) };
    this.cases.push(one);
    if (end === 'done') this.outcomes.set(kind, await outcomeOf(root, one.id, kind));
    const words: string[] = [];
    const read = await readAll(root, one.id, words);
    if (words.length > 0) throw new Error(`of a run that is in order it says: ${words.join('; ')}`);
    // An older grid stands in for the latest one.
    this.reads.set(one.folder, { ...read, pictures: [...read.pictures, ...(await samplesOf(one.folder))] });
    if (kind === 'attack') this.examples.set(one.folder, (await examplesOf(root, one.id)).facts);
  }

  private async checkReads(run: RunCase, root: string, told: string[]): Promise<void> {
    const { id, kind } = run;
    const wanted = this.reads.get(run.folder);
    if (!wanted) throw new RangeError('not read before');
    const listed = await allowed('list', told, () => listRuns(root));
    if (listed) {
      const record = listed.find((one) => one.id === id);
      // A link in the place of a folder is no run.
      if (record) compareRecords('listed', record, wanted.record, told);
      else told.push('not listed');
    }
    const words: string[] = [];
    const read = await allowed('read', told, () => readAll(root, id, words));
    if (read) {
      told.push(...words);
      compareRecords('read', read.record, wanted.record, told);
      // How many rows a run has is written when it ends: one that was killed may have ended before any of them.
      compare('rows', read.rows, run.end === 'killed' ? among(read.rows, wanted.rows) : wanted.rows, words);
      if (read.report !== undefined) compare('report', read.report, wanted.report, words);
      for (const picture of read.pictures) {
        assertFound(
          wanted.pictures.some((one) => isDeepStrictEqual(one, picture)),
          'a picture that the run has not made',
        );
      }
    }
    if (kind !== 'attack') return;
    await allowed('report', told, () => writeReportPage({ root, id, bundle: this.bundle }));
    const shown = await allowed('evaluate', told, () => examplesOf(root, id));
    if (!shown) return;
    if (run.end === 'done') told.push(...shown.warnings);
    compare('examples', shown.facts, this.examples.get(run.folder), this.unusual(run, shown.warnings));
  }

  private async checkResume(run: RunCase, root: string, told: string[]): Promise<void> {
    const { id, kind } = run;
    const warnings: string[] = [];
    const record = await allowed('resume', told, () =>
      tinyRun({
        ...{ kind, root, model: this.model, device: this.device, resume: id },
        onEvent: (_, event) => {
          if (event.type === 'log' && event.level !== 'info') warnings.push(event.text);
        },
      }),
    );
    if (!record) return;
    told.push(...warnings);
    const words = this.unusual(run, warnings);
    assertFound(
      run.end !== 'done' || words.length > 0 || this.unusual(run, told).length > 0,
      'a run that was done is done again',
    );
    const outcome = await allowed('the resumed run', told, () => outcomeOf(root, id, kind));
    if (!outcome) throw new Finding(`the resumed run can't be read: ${told.at(-1) ?? ''}`);
    const wanted = { ...this.outcomes.get(kind) };
    const { losses, evaluations, pictures, ...own } = outcome;
    // Which steps have a row depends on the time.
    const known = wanted.losses as Readonly<Record<string, unknown>> | undefined;
    // Rows and pictures of before the damage can be lost, which is said; what is computed is the same in any case.
    compare('resumed: rows', evaluations, wanted.evaluations, words);
    compare('resumed: pictures', pictures, wanted.pictures, words);
    for (const name of ['losses', 'evaluations', 'pictures']) Reflect.deleteProperty(wanted, name);
    compare('resumed', own, wanted, []);
    for (const [step, loss] of Object.entries(losses ?? {})) {
      if (known && step in known) compare(`step ${step}`, loss, known[step], []);
    }
  }
}

/** Does something; a refusal in a clear message is told, and gives nothing. @throws Finding */
async function allowed<T>(what: string, told: string[], task: () => Promise<T>): Promise<T | undefined> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof M2atError) || error.code === 'internal') {
      const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
      throw new Finding(`${what}: ${stack}`);
    }
    const fault = faultOf(error.message);
    assertFound(fault === undefined, `${what}: ${fault ?? ''}`);
    told.push(`${what}: ${error.message}`);
    return undefined;
  }
}

/** @throws Finding for what differs without a word about it */
function compare(what: string, found: unknown, wanted: unknown, words: readonly string[]): void {
  if (words.length > 0 || isDeepStrictEqual(found, wanted)) return;
  throw new Finding(
    `${what}: other than in the run that is in order, without a word: ${difference(found, wanted)}`,
  );
}

function compareRecords(what: string, found: RunRecord, wanted: RunRecord, told: string[]): void {
  const words = found.status === wanted.status || found.message === undefined ? [] : [found.message];
  told.push(...words);
  const facts = (record: RunRecord): unknown => [
    ...[record.kind, record.status, record.name, record.draws, record.progress, record.device],
    accuraciesOf(record),
  ];
  compare(what, facts(found), facts(wanted), words);
}

/** Of what is wanted those rows that were found. */
function among(found: Read['rows'], wanted: Read['rows']): Read['rows'] {
  const { evaluations, losses } = wanted;
  return {
    evaluations: evaluations.filter((row) => found.evaluations.some((one) => isDeepStrictEqual(one, row))),
    losses: new Map([...losses].filter(([step]) => found.losses.has(step))),
  };
}

/** Where two values begin to differ. */
function difference(found: unknown, wanted: unknown, at = ''): string {
  const both = [found, wanted];
  if (both.every((value) => typeof value === 'object' && value !== null)) {
    const [one, other] = both as Record<string, unknown>[];
    for (const key of new Set([...Object.keys(one ?? {}), ...Object.keys(other ?? {})])) {
      if (!isDeepStrictEqual(one?.[key], other?.[key]))
        return difference(one?.[key], other?.[key], `${at}.${key}`);
    }
  }
  const [a, b] = both.map((value) => JSON.stringify([value]).slice(1, 200));
  return `${at} is ${a ?? ''}, not ${b ?? ''}`;
}

/** Every grid of a run that is in order. */
async function samplesOf(folder: string): Promise<unknown[]> {
  const place = path.join(folder, runFile.samples);
  const names = (await readdir(place).catch((): string[] => [])).filter((name) => name.endsWith('.json'));
  return Promise.all(
    names.map(async (name) => {
      const stored = JSON.parse(await readFile(path.join(place, name), 'utf8')) as object;
      const grid = sampleGrid.strip().parse(stored);
      const png = await readFile(path.join(place, name.replace('.json', '.png')));
      return [grid, png.toString('base64')];
    }),
  );
}

async function readAll(root: string, id: string, words: string[]): Promise<Read> {
  const stored = await readRun(root, id);
  const { record, rows, report, galleries = [], samples } = stored;
  for (const key of ['problems', 'unverified'] as const) {
    const list: unknown = Reflect.get(stored, key);
    if (Array.isArray(list)) words.push(...list.map(String));
  }
  const pictures = [...galleries, ...(samples ? [samples] : [])].map(({ grid, png }) => [
    grid,
    Buffer.from(png).toString('base64'),
  ]);
  return {
    record,
    accuracies: accuraciesOf(record),
    rows: rowsOf(rows),
    report: reportFacts(report),
    pictures,
  };
}

function runKilled(task: RunChildTask): void {
  const { signal, stderr } = spawnSync(process.execPath, [
    path.join(__dirname, 'run-child.js'),
    JSON.stringify(task),
  ]);
  if (signal !== 'SIGKILL') throw new Error(`the run was not killed: ${stderr.toString()}`);
}

/** Names and contents of all files below some folders. */
async function snapshot(folders: readonly string[]): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const folder of folders) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      const file = path.join(entry.parentPath, entry.name);
      files[file] = entry.isFile() ? (await readFile(file)).toString('base64') : 'no file';
    }
  }
  return files;
}
