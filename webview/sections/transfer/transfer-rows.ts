import { shortNames } from '../../../src/core/report/short-names';
import type { TransferPart, TransferTable } from '../../../src/core/records/transfer-files';
import * as format from '../../text/format';
import type { TableSource } from '../../text/table-source';

/** What other networks make of the examples of an attack run, a row for each source and network. */
export function transferSource({ rows }: TransferTable): TableSource {
  const clean = rows.some((row) => row.clean);
  const made = rows.some((row) => row.transferred);
  const names = shortNames([...new Set(rows.map(({ target }) => target))]);
  return {
    caption: 'Examples of this attack, shown to other networks',
    columns: [
      { label: 'Examples of', numeric: false },
      { label: 'Shown to', numeric: false },
      { label: 'Images', numeric: true },
      { label: 'Accuracy', numeric: true },
      { label: '95 % interval', numeric: true },
      ...(clean
        ? [
            { label: 'Clean', numeric: true },
            { label: 'Fooled', numeric: true },
          ]
        : []),
      ...(made ? [{ label: 'Of what fools the source', numeric: true }] : []),
    ],
    count: rows.length,
    row(index) {
      const row = rows[index];
      if (!row) return { cells: [] };
      const { source, target, isSource, count, accuracy, clean: before, fooled, transferred } = row;
      return {
        cells: [
          source.title,
          `${names.get(target) ?? target}${isSource ? ' (the source)' : ''}`,
          format.integer(count),
          format.percent(accuracy.share),
          format.interval(accuracy.interval),
          ...(clean ? [format.percentWithin(before?.share, before?.interval), counted(fooled)] : []),
          ...(made ? [counted(transferred)] : []),
        ],
      };
    },
  };
}

function counted(part: TransferPart | undefined): string {
  if (!part) return '';
  const share = part.share === undefined ? '' : ` (${format.percent(part.share)})`;
  return `${format.integer(part.count)} of ${format.integer(part.of)}${share}`;
}
