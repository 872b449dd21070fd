import { corruptions } from '../corruptions';
import type { CorruptedImages } from '../corruptions/corrupted-source';
import type { CorruptionParameters } from '../corruptions/corruption-parameters';
import type { CorruptionTable } from '../records/corruption-files';
import { meanOf } from './corruption-means';
import { wilsonInterval } from './wilson-interval';

export interface CorruptionContext {
  readonly parameters: CorruptionParameters;
  readonly images: CorruptedImages;
  readonly dataset: string;
  readonly count: number;
  readonly seed: number;
  readonly cleanAccuracy: number;
}

/** A table of which nothing is measured yet. */
export function emptyCorruptionTable(context: CorruptionContext): CorruptionTable {
  const { parameters, images, dataset, count, seed, cleanAccuracy } = context;
  const asked = corruptions.filter(({ name }) => parameters.names.includes(name));
  const cleanAccuracyInterval = wilsonInterval(cleanAccuracy, count);
  return {
    version: 1,
    origin: images.origin,
    ...(images.constants === undefined ? {} : { constants: images.constants }),
    ...(parameters.folder === undefined ? {} : { folder: parameters.folder }),
    dataset,
    count,
    seed,
    corruptions: asked.map(({ name, title, family }) => ({ name, title, family })),
    severities: [...parameters.severities],
    cleanAccuracy,
    ...(cleanAccuracyInterval && { cleanAccuracyInterval }),
    rows: [],
    notes:
      images.origin === 'files'
        ? []
        : asked.flatMap(({ title, differs }) => (differs ? [`${title}: ${differs}.`] : [])),
  };
}

/**
 * A table with more rows. The interval of the mean is Wilson's for so many images: an image counts there with the share of the
 * corruptions under which it is right, and such shares never vary more than right and wrong do.
 */
export function withRows(table: CorruptionTable, added: readonly RowCount[]): CorruptionTable {
  const { count } = table;
  const rows = [
    ...table.rows,
    ...added.map(({ name, severity, right }) => {
      const accuracy = count === 0 ? 0 : right / count;
      const accuracyInterval = wilsonInterval(accuracy, count);
      return { corruption: name, severity, accuracy, ...(accuracyInterval && { accuracyInterval }) };
    }),
  ];
  const meanAccuracy = meanOf(rows);
  if (meanAccuracy === undefined) return { ...table, rows };
  const meanAccuracyInterval = wilsonInterval(meanAccuracy, count);
  return { ...table, rows, meanAccuracy, ...(meanAccuracyInterval && { meanAccuracyInterval }) };
}

interface RowCount {
  readonly name: string;
  readonly severity: number;
  readonly right: number;
}
