import path from 'node:path';
import * as z from 'zod';
import { M2atError } from '../errors';
import { writeFileAtomic } from '../files/atomic-file';
import { makeOwnFolder } from '../files/own-folders';
import { readLimited } from '../files/read-limited';
import { sealJson } from '../files/sealed-json';
import { sha256 } from '../files/sha256';
import { m2atHeadings } from '../methods/m2at/headings';
import { lambdaFact } from '../methods/m2at/lambda';
import { adversarialHeading, cleanHeading, perturbationHeading } from '../methods/preview-columns';
import { sampleGrid, type SampleGrid } from '../records/run-files';
import { readRecordFile } from './read-record';

export interface Samples {
  readonly grid: SampleGrid;
  /** The encoded picture that the grid describes. */
  readonly png: Uint8Array<ArrayBuffer>;
}

const MAX_GRID_BYTES = 2 ** 22;
const MAX_PICTURE_BYTES = 2 ** 26;

const storedGrid = sampleGrid.extend({
  /** The first digits of its picture's SHA-256; absent in files of earlier versions. */
  picture: z.string().optional(),
  /** The mixing coefficient that files of earlier versions have in a place of its own. */
  rows: z.array(sampleGrid.shape.rows.element.extend({ lambda: z.number().optional() })),
});

/** How earlier versions, whose grids don't say it, headed their columns. */
const earlierHeadings: Readonly<Record<string, { symbol: string; name: string; about?: string }>> = {
  x: cleanHeading,
  delta: perturbationHeading,
  xAdv: adversarialHeading,
  ...m2atHeadings,
};

/** Writes `<name>.png`, then `<name>.json`: a grid that is there has its picture. @throws M2atError `io` */
export async function writeGrid(folder: string, name: number, { grid, png }: Samples): Promise<void> {
  await makeOwnFolder(folder);
  await writeFileAtomic(path.join(folder, `${name}.png`), png);
  const json = JSON.stringify({ ...grid, picture: digits(png) });
  await writeFileAtomic(path.join(folder, `${name}.json`), sealJson(json));
}

/** @throws when it is missing, damaged, or its picture is another one */
export async function readGrid(folder: string, name: number): Promise<Samples> {
  const file = path.join(folder, `${name}.json`);
  const { record } = await readRecordFile(file, storedGrid, MAX_GRID_BYTES);
  const { picture, ...grid } = record;
  const columns = grid.columns.map((column) =>
    column.name === undefined ? { ...earlierHeadings[column.key], ...column } : column,
  );
  const rows = grid.rows.map(({ lambda, ...row }) =>
    lambda === undefined ? row : { ...row, facts: [{ ...lambdaFact, value: lambda }] },
  );
  const png = await readPicture(folder, name);
  if (picture !== undefined && picture !== digits(png)) {
    throw new M2atError('data', 'grid and picture differ', { where: path.join(folder, `${name}.png`) });
  }
  return { grid: { ...grid, columns, rows }, png };
}

/** Whatever the grid beside it says. @throws when it is missing */
export async function readPicture(folder: string, name: number): Promise<Uint8Array<ArrayBuffer>> {
  return Uint8Array.from(await readLimited(path.join(folder, `${name}.png`), MAX_PICTURE_BYTES));
}

function digits(png: Uint8Array): string {
  return sha256(png).slice(0, 8);
}
