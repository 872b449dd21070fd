import path from 'node:path';
import { printable } from '../core/printable';
import { shortNames } from '../core/report/short-names';
import type { TransferPart, TransferRow, TransferTable } from '../core/records/transfer-files';
import { accuracyCell, percent, table } from '../core/report/text-table';

/** The table of transfer for people who read a terminal: a part for each source, and an overview of them. */
export function transferSummary({ rows, warnings }: TransferTable): string {
  const sources = new Map<string, TransferRow[]>();
  for (const row of rows) {
    const key = titleOf(row);
    sources.set(key, [...(sources.get(key) ?? []), row]);
  }
  const parts = [...sources].map(([title, own]) => `${title}\n\n${sourceTable(own)}`);
  const notes = warnings.map((warning) => `\nwarning: ${printable(warning)}\n`);
  return `\n${[...parts, ...overview(sources)].join('\n\n')}\n${notes.join('')}`;
}

function titleOf({ source, count }: TransferRow): string {
  const { title, run, checkpoint } = source;
  const where = run === undefined ? '' : ` of ${run}`;
  const on = checkpoint === undefined ? '' : `, made on ${relative(checkpoint)}`;
  return printable(`${title}${where}${on}: ${count} images`);
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
      `${relative(target)}${isSource ? ' (the source)' : ''}`,
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
  const heading = known ? 'Fooled, of what is right without the perturbation' : 'Accuracy (95 % interval)';
  const short = shortNames(targets);
  const names = targets.map((target) => short.get(target) ?? target);
  const lines = all.map((rows, n) => [
    `${n + 1}. ${rows[0]?.source.title ?? ''}`,
    ...targets.map((target) => {
      const row = rows.find((one) => one.target === target);
      return known ? shareText(row?.fooled) : accuracyText(row?.accuracy);
    }),
  ]);
  return [`${heading}, source by target:\n\n${table(['', ...names], lines)}`];
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

/** Relative to the current folder where that is shorter. */
function relative(file: string): string {
  const from = path.relative('.', file);
  return from.length < file.length ? from : file;
}
