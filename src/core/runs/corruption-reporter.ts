import { gatherLabels, readPixels } from '../data/batch';
import type { ImageSource } from '../data/image-source';
import { inBytes } from '../corruptions/corrupted-images';
import type { CorruptedImages } from '../corruptions/corrupted-source';
import type { CorruptionParameters } from '../corruptions/corruption-parameters';
import { measureCorruptions, type Classify } from '../corruptions/measure-corruptions';
import type { CorruptionTable } from '../records/corruption-files';
import { isComplete } from '../report/corruption-means';
import { emptyCorruptionTable, withRows } from '../report/corruption-table';
import { corruptionLine, oneCorruptionLine } from '../report/corruption-text';
import { CorruptionPictures } from './corruption-pictures';
import { readCorruptions } from './corruption-store';
import type { RunWriter } from './run-writer';

/** Between two reports of progress, in milliseconds. */
const PROGRESS_PERIOD = 100;

export interface ReportedCorruptions {
  readonly parameters: CorruptionParameters;
  readonly images: CorruptedImages;
  readonly set: ImageSource;
  readonly dataset: string;
  readonly classNames: readonly string[];
  readonly indices: readonly number[];
  readonly seed: number;
  /** Of the same images. */
  readonly cleanAccuracy: number;
  readonly classify: Classify;
  readonly batchSize: number;
  readonly signal: AbortSignal;
  /** An earlier process may have measured some of them. */
  readonly resumed?: boolean | undefined;
}

/**
 * Measures a network under corruptions, and writes what it finds into the directory of a run after each of them: the table
 * and the pictures, and a line of the log at the end.
 * @throws M2atError `cancelled`, with what was measured on the disk; `data` or `io`
 */
export async function reportCorruptions(
  writer: RunWriter,
  options: ReportedCorruptions,
): Promise<CorruptionTable> {
  const { parameters, set, indices, images, seed } = options;
  const [index = 0] = indices;
  const [label = 0] = gatherLabels(set, [index]);
  const { height, width, channels } = set;
  const pixels = inBytes(await readPixels(set, [index]));
  const { classNames } = options;
  const shown = { image: { pixels, height, width, channels }, index, label, classNames };
  const pictures = new CorruptionPictures(shown, parameters.severities);
  const { dataset, cleanAccuracy } = options;
  const empty = emptyCorruptionTable({
    parameters,
    images,
    dataset,
    seed,
    cleanAccuracy,
    count: indices.length,
  });
  const before = options.resumed ? await goOn(writer, empty, pictures) : undefined;
  let table = before ?? empty;
  const done = new Set(table.rows.map(({ corruption }) => corruption));
  const names = parameters.names.filter((name) => !done.has(name));
  // Whoever follows this process has not heard of them.
  if (names.length === 0) await writer.corruptions({ table, pictures: await pictures.samples() });
  let toldAt = -Infinity;
  const results = measureCorruptions({
    ...options,
    parameters: { ...parameters, names },
    onProgress: ({ done: through, total, name }) => {
      const now = performance.now();
      if (through < total && now - toldAt < PROGRESS_PERIOD) return;
      toldAt = now;
      const place = parameters.names.indexOf(name);
      const pass = { index: place, count: parameters.names.length };
      writer.progress({ phase: 'corruptions', unit: 'images', done: through, total, pass, detail: name });
    },
  });
  for await (const one of results) {
    table = withRows(table, one);
    pictures.add(one.map(({ shown: tile }) => tile));
    await writer.log('info', oneCorruptionLine(table, one));
    await writer.corruptions({ table, pictures: await pictures.samples() });
  }
  await writer.log('info', corruptionLine(table));
  return table;
}

/** What an earlier process measured of the same; undefined where that can't be gone on with. */
async function goOn(
  writer: RunWriter,
  empty: CorruptionTable,
  pictures: CorruptionPictures,
): Promise<CorruptionTable | undefined> {
  const { record } = await readCorruptions(writer.folder);
  if (!record?.pictures) return undefined;
  const { table } = record;
  const same = (['origin', 'folder', 'constants', 'dataset', 'count', 'seed'] as const).every(
    (key) => table[key] === empty[key],
  );
  const names = [...new Set(table.rows.map(({ corruption }) => corruption))];
  const whole = table.rows.length === names.length * empty.severities.length;
  const asked = JSON.stringify([table.corruptions, table.severities]);
  if (!same || !whole || asked !== JSON.stringify([empty.corruptions, empty.severities])) return undefined;
  if (!(await pictures.restore(record.pictures, 1 + names.length))) return undefined;
  const before = isComplete(table) ? 'All' : `${names.length} of ${table.corruptions.length}`;
  await writer.log('info', `${before} corruptions were measured before.`);
  return table;
}
