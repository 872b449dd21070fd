import { createHash } from 'node:crypto';
import path from 'node:path';
import { isCancelled } from '../cancellation';
import { isMoved } from '../attacks/parameters/moved';
import { perturbationNorm } from '../attacks/base/perturbation';
import { norms } from '../attacks/parameters/attack-parameters';
import type { AttackEntry } from '../attacks/base/define-attack';
import { factsOf } from '../attacks/plan/attack-list';
import { normOf } from '../attacks/parameters/known-attack';
import { gatherImages, gatherLabels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { memoryImages } from '../data/memory-images';
import { readImageArrays } from '../data/image-arrays';
import { loadDataset } from '../data/load-dataset';
import { npyValues } from '../data/npy';
import { readNpy } from '../data/npy-file';
import { M2atError, messageOf } from '../errors';
import type { AttackSource } from '../records/attack-files';
import type { AttackImages, LoadImagesOptions } from './attack-images';
import { AttackJournal, type JournalBatch } from './attack-journal';
import { readTask } from '../runs/stored-task';
import { sha256OfFile } from '../files/sha256-of-file';
import { LABELS_PATH } from './attack-store';
import type { AttackReport, RunRecord } from '../records/run-files';
import { runDirectory, runFile } from '../records/run-paths';
import { assertOver } from '../runs/run-owner';
import { readIntactRecord, readRun } from '../runs/run-store';
import type { TransferRow } from '../records/transfer-files';

/** Clean images that belong to examples, in their order. */
export interface CleanImages {
  readonly set: ImageSource;
  readonly indices: readonly number[];
}

/** Images that were saved as adversarial examples, and what is known of them. */
export interface SavedExamples {
  readonly source: TransferRow['source'];
  /** The first ones of the array, as many as are measured; their labels are the true ones. */
  readonly images: AttackImages;
  /** Absent where they can't be had. One object for all examples that have the same ones. */
  readonly clean?: CleanImages | undefined;
  /** For each image whether its example fools the network that it was made on; absent where nobody knows. */
  readonly fools?: readonly boolean[] | undefined;
}

export interface LoadedExamples {
  readonly examples: readonly SavedExamples[];
  readonly warnings: readonly string[];
}

export interface LoadExamplesOptions extends LoadImagesOptions {
  /** The attacks that there are. */
  readonly attacks: readonly AttackEntry[];
}

export interface SavedRun {
  readonly root: string;
  /** Of an attack run that is over. */
  readonly id: string;
  /** Where the files of its data set are now; absent: where they were. */
  readonly dataFolder?: string | undefined;
}

/**
 * The adversarial examples of an attack run, an entry for each group but those that draw a curve (their examples are of
 * several budgets). Of a run that was stopped, those that it had come to. What is read is compared with the record.
 * @throws M2atError `bad-input` when there is no such run, it is no attack, goes on, or has no examples; `data` when an
 * array is missing, damaged, or not as the run wrote it; `cancelled`
 */
export async function savedExamplesOf(run: SavedRun, options: LoadExamplesOptions): Promise<LoadedExamples> {
  const { root, id } = run;
  const folder = runDirectory(root, id);
  const { record, report, problems } = await readRun(root, id);
  // Whether the files are as the run wrote them is told by its record.
  await readIntactRecord(root, id);
  if (record.kind === 'attack') await assertOver(path.join(folder, runFile.record), record);
  assertHasExamples(record, report, problems);
  const groups = groupsOf(report);
  if (groups.length === 0) throw withoutExamples(id);
  const journal = (await new AttackJournal(path.join(folder, runFile.attackState)).read())?.batches ?? [];
  const warnings = await assertIntact(folder, record, groups);
  const arrays: GroupArray[] = [];
  for (const group of groups) arrays.push(await readGroup(folder, report, group, journal));
  const clean = await cleanImagesOf(run, arrays, options).catch((error: unknown) => {
    if (isCancelled(error)) throw error;
    warnings.push(
      `The clean images of ${id} can't be had, so nothing is said of accuracy without the perturbation: ${messageOf(error)}`,
    );
    return undefined;
  });
  const selected = report.selected ?? report.count;
  const least = Math.min(...groups.map(({ count }) => count));
  if (record.status !== 'done' || least < selected) {
    warnings.push(
      `${id} is ${record.status}: of some attacks only the examples of the first ${least} of ${selected} images are there. ` +
        `m2at attack --resume ${id} makes the others.`,
    );
  }
  const examples = arrays.map(({ group, set, file, outcomes }) => ({
    source: { title: group.title, file, run: id, group: group.place, checkpoint: report.checkpoint },
    images: { name: `${id} (${group.title})`, classNames: report.classNames ?? [], set },
    clean,
    fools: outcomes.map(({ image }) => isMoved(image)),
  }));
  return { examples, warnings };
}

interface Group {
  /** In the report's `groups`. */
  readonly place: number;
  readonly title: string;
  readonly ensemble: boolean;
  readonly file: string;
  /** Images that its attacks are through with. */
  readonly count: number;
}

interface Outcome {
  readonly image: AttackReport['attacks'][number]['images'][number];
  /** The attack that made the example. */
  readonly attack: AttackReport['attacks'][number];
}

interface GroupArray {
  readonly group: Group;
  /** Absolute path. */
  readonly file: string;
  readonly set: ImageSource;
  /** The values of the set. */
  readonly values: Float32Array;
  readonly outcomes: readonly Outcome[];
}

function assertHasExamples(
  record: RunRecord,
  report: AttackReport | undefined,
  problems: readonly string[],
): asserts report is AttackReport {
  const { id, kind } = record;
  const hint = '`m2at runs` lists the runs of a folder.';
  if (kind !== 'attack') throw new M2atError('bad-input', `${id} is no attack run`, { hint });
  if (report) return;
  const problem = problems.find((text) => text.startsWith(runFile.report));
  if (problem !== undefined) throw new M2atError('data', problem, { where: id });
  throw withoutExamples(id);
}

function withoutExamples(id: string): M2atError {
  return new M2atError('bad-input', `the attack ${id} has no examples`, {
    hint: 'It ended before the first ones were made: resume it, or start it anew.',
  });
}

function groupsOf({ groups = [], attacks }: AttackReport): Group[] {
  return groups.flatMap(({ title, ensemble, epsilons, adversarial }, place) => {
    const counts = attacks.filter(({ group }) => group === place).map(({ images }) => images.length);
    const count = counts.length === 0 ? 0 : Math.min(...counts);
    return epsilons || count === 0 ? [] : [{ place, title, ensemble, file: adversarial, count }];
  });
}

async function readGroup(
  folder: string,
  report: AttackReport,
  group: Group,
  journal: readonly JournalBatch[],
): Promise<GroupArray> {
  const file = path.join(folder, group.file);
  const { header, data } = await readNpy(file, ({ type, shape }) => {
    const selected = report.selected ?? report.count;
    if (type === '<f4' && shape.length === 4 && shape[0] === selected) return;
    throw new M2atError('data', `${type} (${shape.join(', ')}) is not what the run wrote`, {
      where: file,
      hint: `The report is about ${selected} images.`,
    });
  });
  const [, height = 0, width = 0, channels = 0] = header.shape;
  const size = 4 * height * width * channels;
  assertAsWritten({ data, size, file }, report, group, journal);
  const outcomes = outcomesOf(report, group);
  const labels = Int32Array.from(outcomes, ({ image }) => image.label);
  await assertLabels(path.join(folder, runFile.labels), labels);
  const { count } = group;
  const values = floatsOf(data.subarray(0, count * size));
  const set = memoryImages({ split: 'adversarial', images: values, labels, count, height, width, channels });
  return { group, file, outcomes, values, set };
}

/**
 * Compares the arrays with the record.
 * @returns a warning when it has nothing to compare them with
 * @throws M2atError `data` for one that is not as the run left it
 */
async function assertIntact(
  folder: string,
  { id, checksums }: RunRecord,
  groups: readonly Group[],
): Promise<string[]> {
  if (!checksums?.arrays) {
    return [
      `The arrays of ${id} have no checksum, because an earlier version wrote them or the run was interrupted: only ` +
        'what attacks wrote is compared with its journal.',
    ];
  }
  for (const name of [...groups.map(({ file }) => file), LABELS_PATH]) {
    const file = path.join(folder, ...name.split('/'));
    if ((await sha256OfFile(file).catch(() => undefined)) === checksums.arrays[name]) continue;
    throw new M2atError('data', 'not as the run wrote it', {
      where: file,
      hint: 'The file was changed, damaged or removed afterwards: put the original back, or attack again.',
    });
  }
  return [];
}

/** Little-endian on every machine. */
function floatsOf(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** What each batch wrote has the hash that its line of the journal says. */
function assertAsWritten(
  { data, size, file }: { data: Uint8Array; size: number; file: string },
  { attacks }: AttackReport,
  { place, ensemble }: Group,
  journal: readonly JournalBatch[],
): void {
  for (const { attackIndex, entered, sha256 } of journal) {
    if (attacks[attackIndex]?.group !== place) continue;
    const hash = createHash('sha256');
    for (const [n, position] of entered.positions.entries()) {
      const image = entered.images[n];
      if (ensemble && !(image && isMoved(image))) continue;
      hash.update(data.subarray(position * size, (position + 1) * size));
    }
    if (hash.digest('hex') === sha256) continue;
    throw new M2atError('data', `not as the run wrote it (images from position ${entered.positions[0]})`, {
      where: file,
      hint: 'The file was changed or damaged afterwards: attack again.',
    });
  }
}

/** By position: the last attack of a group knows what those before it did. */
function outcomesOf({ attacks }: AttackReport, { place, count }: Group): Outcome[] {
  const last = attacks.findLast(({ group }) => group === place);
  return (last?.images ?? []).slice(0, count).map((image) => {
    const attack = image.carriedFrom === undefined ? last : attacks[image.carriedFrom];
    if (!attack) throw new M2atError('data', `the report names an attack ${image.carriedFrom} that it lacks`);
    return { image, attack };
  });
}

/** Runs of earlier versions have no file of labels; the report has them, too. */
async function assertLabels(file: string, labels: Int32Array): Promise<void> {
  const array = await readNpy(file, () => undefined).catch((error: unknown) => {
    if (error instanceof M2atError && error.what === 'the file is missing') return undefined;
    throw error;
  });
  if (!array) return;
  const stored = npyValues(array.header, array.data);
  if (labels.every((label, n) => stored[n] === label)) return;
  throw new M2atError('data', 'the labels are not those of the report', { where: file });
}

/** @throws M2atError when they can't be had, or are not the ones that were attacked; `cancelled` */
async function cleanImagesOf(
  { root, id, dataFolder }: SavedRun,
  arrays: readonly GroupArray[],
  options: LoadExamplesOptions,
): Promise<CleanImages> {
  const { source, indices } = await readTask(root, id);
  const [first] = arrays;
  if (!source || !first) throw new M2atError('data', 'the run does not say where its images came from');
  const set = await loadSource({ source, indices }, first.set, dataFolder, options);
  for (const array of arrays) {
    if (await isSame({ set, indices }, array, options.attacks)) continue;
    throw new M2atError('data', 'these are not the images that were attacked', {
      where: source.kind === 'arrays' ? source.images : source.parameters.name,
    });
  }
  return { set, indices };
}

/** Whether labels are those of the report, and examples as far away as it says. */
async function isSame(
  { set, indices }: CleanImages,
  { set: own, values, outcomes }: GroupArray,
  list: readonly AttackEntry[],
): Promise<boolean> {
  if (set.height !== own.height || set.width !== own.width || set.channels !== own.channels) return false;
  const size = own.height * own.width * own.channels;
  for (const [n, { image, attack }] of outcomes.entries()) {
    const index = indices[n] ?? -1;
    if (index !== image.index || index >= set.count || gatherLabels(set, [index])[0] !== image.label)
      return false;
    if (!isMoved(image)) continue;
    const example = values.subarray(n * size, (n + 1) * size);
    const told = { ...attack, definition: factsOf(list, attack.parameters.name) };
    const norm = norms.find((known) => known === normOf(told));
    // What this version does not know it can't measure.
    if (!norm) continue;
    const { data } = await gatherImages(set, [index]);
    const length = perturbationNorm(data, example, norm);
    if (!(Math.abs(length - image.norm) <= 1e-5 * Math.max(1, image.norm))) return false;
  }
  return true;
}

async function loadSource(
  { source, indices }: { readonly source: AttackSource; readonly indices: readonly number[] },
  { height, width, channels }: ImageSource,
  dataFolder: string | undefined,
  options: LoadImagesOptions,
): Promise<ImageSource> {
  if (source.kind === 'arrays') {
    const expected = { shape: [height, width, channels] as const, classes: Number.MAX_SAFE_INTEGER };
    return readImageArrays(source, expected, (available) => indices.filter((index) => index < available));
  }
  const folder = dataFolder === undefined ? {} : { folder: path.resolve(dataFolder) };
  return (await loadDataset(options.datasets, { ...source.parameters, ...folder }, options)).test;
}
