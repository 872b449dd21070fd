import path from 'node:path';
import { readImageArrays, type ImageArrays } from '../data/image-arrays';
import type { Device } from '../engine/devices/device';
import type { DeviceChoice } from '../engine/devices/device-choice';
import { openDevice } from '../engine/devices/devices';
import { M2atError, messageOf } from '../errors';
import { modelFileOf } from '../models/formats/find-format';
import type { InputSpecFile } from '../models/input/input-spec-schema';
import { readTask } from '../runs/stored-task';
import { assertFits } from '../attacking/attack-images';
import { unverifiedText } from '../models/model-checksums';
import { loadClassifier, type Classifier } from '../attacking/classifier';
import { builtIn, type Registry } from '../registry/registry';
import { readRecord } from '../runs/run-store';
import type { RunProgress } from '../progress';
import { savedExamplesOf, type LoadedExamples, type SavedExamples } from '../attacking/saved-examples';
import type { TransferRow, TransferTable } from '../records/transfer-files';
import { writeReportPage } from '../runs/report-page';
import { storeTransfer } from '../runs/transfer-store';
import { assertPlainPath } from '../text-schema';
import { imagesToClassify, measureTarget } from './measure-examples';

/** Images in one call of the network. */
const BATCH = 64;

export interface SavedArrays extends ImageArrays {
  /** The same images without the perturbation, in the same order. */
  readonly clean?: string | undefined;
}

export interface EvaluateExamples {
  /** What can be named; by default what comes with this program. */
  readonly registry?: Registry | undefined;
  /** Each a file of one of the formats, or a folder that holds a `model.json`. */
  readonly checkpoints: readonly string[];
  /** Attack runs that are over. */
  readonly runs?: readonly { readonly root: string; readonly id: string }[] | undefined;
  readonly arrays?: SavedArrays | undefined;
  /** What is told of the input of every network; absent: a network that a run attacked takes its input as that run says. */
  readonly input?: InputSpecFile | undefined;
  /** Where the files of the runs' data sets are now; absent: where they were. */
  readonly dataFolder?: string | undefined;
  readonly batchSize?: number | undefined;
  readonly device: DeviceChoice;
  /** CPU threads; 0 means all cores. */
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RunProgress) => void;
  /** What is found out about each network. */
  readonly onLog: (text: string) => void;
  /** Used instead of opening the device; not disposed. */
  readonly openedDevice?: Device | undefined;
}

/**
 * Shows saved adversarial examples to other networks, without attacking those: the table of transfer, an entry for each
 * source (a group of an attack run, or an array) and target. That of a run is kept in its directory, too.
 * @throws M2atError `bad-input` for a run that has no examples; `checkpoint` for a network that does not take the
 * images; `data` for a damaged array; `cancelled`. Nothing is measured before all targets and sources are read.
 */
export async function evaluateExamples(options: EvaluateExamples): Promise<TransferTable> {
  const { checkpoints, arrays, device, threads, runs = [] } = options;
  const classifiers: Classifier[] = [];
  const { formats } = options.registry ?? builtIn;
  for (const file of [...checkpoints, arrays?.images ?? '']) assertPlainPath(path.resolve(file));
  try {
    const told = await inputsOf(runs);
    for (const checkpoint of checkpoints) {
      const input = options.input ?? told.get(await modelFileOf(formats, checkpoint));
      const classifier = await loadClassifier(formats, checkpoint, input);
      classifiers.push(classifier);
      if (classifier.model.verified === false) options.onLog(unverifiedText(classifier.modelFile));
    }
    const { examples, warnings } = await loadExamples(options, classifiers);
    for (const classifier of classifiers) for (const { images } of examples) assertFits(classifier, images);
    const opened = options.openedDevice ?? (await openDevice(device, { threads }));
    try {
      const rows = await measureAll(options, { classifiers, examples, device: opened });
      const table: TransferTable = { version: 1, warnings: [...warnings], rows };
      const unkept = await keep(runs, table);
      return { ...table, warnings: [...warnings, ...unkept] };
    } finally {
      if (!options.openedDevice) await opened.dispose();
    }
  } finally {
    for (const { model } of classifiers) model.dispose();
  }
}

/** What the flags of the attacks said of their networks, which are probably among those that are named. */
async function inputsOf(
  runs: NonNullable<EvaluateExamples['runs']>,
): Promise<ReadonlyMap<string, InputSpecFile>> {
  const tasks = await Promise.all(
    runs.map(({ root, id }) =>
      readTask(root, id).catch(async (error: unknown) => {
        // Runs of earlier versions have none; of any other it would not be known what the network was told.
        const { kind, checksums } = await readRecord(root, id);
        if (kind === 'attack' && checksums?.attack) throw error;
        return undefined;
      }),
    ),
  );
  return new Map(tasks.flatMap((task) => (task?.input ? [[task.checkpoint, task.input] as const] : [])));
}

async function loadExamples(
  {
    runs = [],
    arrays,
    dataFolder,
    signal,
    onProgress,
    registry: { attacks, datasets } = builtIn,
  }: EvaluateExamples,
  [first]: readonly Classifier[],
): Promise<LoadedExamples> {
  if (!first) throw new M2atError('bad-input', 'no network was named');
  const loaded: LoadedExamples[] = [];
  const options = { attacks, datasets, signal, onProgress };
  for (const run of runs) loaded.push(await savedExamplesOf({ ...run, dataFolder }, options));
  if (arrays) loaded.push({ examples: [await arrayExamples(arrays, first)], warnings: [] });
  return {
    examples: loaded.flatMap(({ examples }) => examples),
    warnings: loaded.flatMap(({ warnings }) => warnings),
  };
}

/** Which axis holds the channels is told by the first network; the others must take the same. */
async function arrayExamples(
  { images, labels, clean }: SavedArrays,
  { spec, model }: Classifier,
): Promise<SavedExamples> {
  const shape = [spec.height, spec.width, spec.channels] as const;
  const classes = model.classes ?? Number.MAX_SAFE_INTEGER;
  const set = await readImageArrays({ images, labels }, { shape, classes });
  const { height, width, channels, count } = set;
  const source = { title: path.basename(images), file: path.resolve(images) };
  const named = { name: images, classNames: [], set };
  if (clean === undefined) return { source, images: named };
  const cleanSet = await readImageArrays(
    { images: clean, labels },
    { shape: [height, width, channels], classes },
  );
  return { source, images: named, clean: { set: cleanSet, indices: [...Array(count).keys()] } };
}

interface Measured {
  readonly classifiers: readonly Classifier[];
  readonly examples: readonly SavedExamples[];
  readonly device: Device;
}

async function measureAll(
  { threads, signal, onProgress, onLog, batchSize = BATCH }: EvaluateExamples,
  { classifiers, examples, device }: Measured,
): Promise<TransferRow[]> {
  const largest = Math.max(...examples.map(({ images }) => images.set.count));
  const total = imagesToClassify(examples);
  const rows: TransferRow[] = [];
  for (const [index, classifier] of classifiers.entries()) {
    let done = 0;
    const tell = (count: number): void => {
      done += count;
      const pass = { index, count: classifiers.length };
      onProgress({ phase: 'transfer', done, total, unit: 'images', pass, detail: classifier.modelFile });
    };
    tell(0);
    rows.push(
      ...(await measureTarget(classifier, examples, {
        device,
        threads,
        batchSize: Math.min(batchSize, largest),
        signal,
        onImages: tell,
        onLog,
      })),
    );
  }
  return rows.sort((a, b) => sourceOf(examples, a) - sourceOf(examples, b));
}

/** The rows of a source belong together; `sort` keeps the order of the targets. */
function sourceOf(examples: readonly SavedExamples[], row: TransferRow): number {
  return examples.findIndex(({ source }) => source === row.source);
}

/**
 * Keeps the table in the directories of its runs. What a disk refuses takes nothing from the result.
 * @returns warnings
 */
async function keep(runs: NonNullable<EvaluateExamples['runs']>, table: TransferTable): Promise<string[]> {
  const warnings: string[] = [];
  for (const { root, id } of runs) {
    const own = { ...table, warnings: table.warnings.filter((warning) => warning.includes(id)) };
    try {
      await storeTransfer(root, id, own);
    } catch (error) {
      warnings.push(`The table was not kept in the run's directory: ${messageOf(error)}`);
      continue;
    }
    // The page is made from what is stored; without it the table is complete all the same.
    await writeReportPage({ root, id }).catch(() => undefined);
  }
  return warnings;
}
