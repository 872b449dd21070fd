import path from 'node:path';
import type { TransferPart, TransferRow, TransferTable } from '../core/runs/transfer-files';
import { accuracyCell, percent, table } from './table';

/** The table of transfer for people who read a terminal: a part for each source, and an overview of them. */
export function transferSummary({ rows, warnings }: TransferTable): string {
  const sources = new Map<string, TransferRow[]>();
  for (const row of rows) {
    const key = titleOf(row);
    sources.set(key, [...(sources.get(key) ?? []), row]);
  }
  const parts = [...sources].map(([title, own]) => `${title}\n\n${sourceTable(own)}`);
  const notes = warnings.map((warning) => `\nwarning: ${warning}\n`);
  return `\n${[...parts, ...overview(sources)].join('\n\n')}\n${notes.join('')}`;
}

function titleOf({ source, count }: TransferRow): string {
  const { title, run, checkpoint } = source;
  const where = run === undefined ? '' : ` of ${run}`;
  const on = checkpoint === undefined ? '' : `, made on ${short(checkpoint)}`;
  return `${title}${where}${on}: ${count} images`;
}

function sourceTable(rows: readonly TransferRow[]): string {
  const known = rows.some(({ clean }) => clean);
  const made = rows.some(({ transferred }) => transferred);
  const head = [
    'shown to',
    'accuracy (95 % interval)',
    ...(known ? ['clean', 'fooled'] : []),
    ...(made ? ['of what fools the source'] : []),
  ];
  return table(
    head,
    rows.map(({ target, isSource, accuracy, clean, fooled, transferred }) => [
      `${short(target)}${isSource ? ' (the source)' : ''}`,
      accuracyText(accuracy),
      ...(known ? [accuracyText(clean), countText(fooled)] : []),
      ...(made ? [countText(transferred)] : []),
    ]),
  );
}

/** Where there are several sources: the share that is fooled, or the accuracy where that is unknown, source by target. */
function overview(sources: ReadonlyMap<string, readonly TransferRow[]>): string[] {
  const all = [...sources.values()];
  const targets = [...new Set(all.flat().map(({ target }) => target))];
  if (sources.size < 2) return [];
  const known = all.flat().every(({ fooled }) => fooled);
  const heading = known ? 'Fooled, of what is right without the perturbation' : 'Accuracy';
  const lines = all.map((rows, n) => [
    `${n + 1}. ${rows[0]?.source.title ?? ''}`,
    ...targets.map((target) => {
      const row = rows.find((one) => one.target === target);
      return shareText(known ? row?.fooled : row?.accuracy);
    }),
  ]);
  return [`${heading}, source by target:\n\n${table(['', ...shortNames(targets)], lines)}`];
}

function accuracyText(part: TransferPart | undefined): string {
  return part?.share === undefined ? '' : accuracyCell(part.share, part.interval);
}

function shareText(part: TransferPart | undefined): string {
  return part?.share === undefined ? '' : percent(part.share);
}

function countText(part: TransferPart | undefined): string {
  if (!part) return '';
  const share = part.share === undefined ? '' : ` (${percent(part.share)})`;
  return `${part.count} of ${part.of}${share}`;
}

/** The ends of the paths, as long as they have to be to tell the files apart. */
function shortNames(files: readonly string[]): string[] {
  const tails = files.map((file) => file.split(/[\\/]/));
  const longest = Math.max(...tails.map(({ length }) => length));
  for (let length = 1; length < longest; length++) {
    const names = tails.map((parts) => parts.slice(-length).join('/'));
    if (new Set(names).size === files.length && !names.includes('model.json')) return names;
  }
  return files.map(short);
}

/** Relative to the current folder where that is shorter. */
function short(file: string): string {
  const relative = path.relative('.', file);
  return relative.length < file.length ? relative : file;
}
