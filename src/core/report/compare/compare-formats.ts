import { printable } from '../../printable';
import { table } from '../text-table';
import type { ArrangedTable, GroupLine, RowLine, ShownCell } from './arranged-table';
import type { CompareColumn } from './compare-columns';

type Format = (arranged: ArrangedTable) => string;
type Line = RowLine | GroupLine;

/** The table as text in several forms: what is shown, in its order. Each ends with a line break. */
export const compareFormats = {
  table: plainTable,
  csv: commaSeparated,
  markdown: markdownTable,
  latex: latexTable,
} as const satisfies Readonly<Record<string, Format>>;
export type CompareFormat = keyof typeof compareFormats;

/** A column by its title, with its images where columns differ in them. */
export function compareHeads({ columns }: ArrangedTable): string[] {
  const images = new Set(columns.flatMap((column) => column.images ?? []));
  return columns.map(({ title, images: own }) =>
    own === undefined || images.size < 2 ? title : `${title} (${own})`,
  );
}

/** What all accuracies are of, where that is the same; undefined otherwise. */
function commonImages({ columns }: ArrangedTable): string | undefined {
  const [only, ...others] = new Set(columns.flatMap((column) => column.images ?? []));
  return others.length === 0 ? only : undefined;
}

function cellText({ text, difference }: ShownCell): string {
  return difference === undefined ? text : `${text} [${difference}]`;
}

/** Below a table: what its numbers are. */
function notesOf(arranged: ArrangedTable): string[] {
  const { columns, lines } = arranged;
  const common = commonImages(arranged);
  const of = common ?? 'the images that its column names';
  const isGrouped = lines.some(({ kind }) => kind === 'group');
  const baseline = allRows(lines).find(({ isBaseline }) => isBaseline);
  const mixed = lines.filter((line): line is GroupLine => line.kind === 'group' && line.mixes.length > 0);
  return [
    ...(columns.some(({ kind }) => kind === 'accuracy')
      ? [`Accuracy on ${of}; in brackets the 95 % interval (Wilson).`]
      : []),
    ...(isGrouped ? ['Mean ± standard error over the runs of a group.'] : []),
    ...mixed.map(({ title, mixes }) => `${title}: its runs differ in ${mixes.join(', ')} as well.`),
    ...(baseline ? ['In square brackets the difference from the baseline, in points of accuracies.'] : []),
  ];
}

function allRows(lines: readonly Line[]): RowLine[] {
  return lines.flatMap((line) => (line.kind === 'row' ? [line] : line.lines));
}

function plainTable(arranged: ArrangedTable): string {
  const { lines } = arranged;
  const cells = lines.map((line) => titled(line).map(cellText));
  const notes = notesOf(arranged).map((note) => `${printable(note)}\n`);
  return `${table(compareHeads(arranged), cells)}\n${notes.length > 0 ? '\n' : ''}${notes.join('')}`;
}

/** A group says of how many runs it is, the baseline that it is that. */
function titled(line: Line): readonly ShownCell[] {
  const [first, ...others] = line.cells;
  if (!first) return [];
  const note = line.kind === 'group' ? ` (${line.lines.length})` : line.isBaseline ? ' [baseline]' : '';
  return [{ ...first, text: first.text + note }, ...others];
}

interface CsvColumn {
  readonly title: string;
  readonly of: (cell: ShownCell) => string | number | undefined;
}

/** Every number by itself, not rounded: accuracies are fractions, times seconds. What a sheet would take for a formula is text. */
function commaSeparated(arranged: ArrangedTable): string {
  const { columns, lines } = arranged;
  const heads = compareHeads(arranged);
  const isGrouped = lines.some(({ kind }) => kind === 'group');
  const parts = columns.map((column, at): CsvColumn[] => csvColumns(column, heads[at] ?? '', isGrouped));
  const rows = lines.map((line) => [
    ...(isGrouped ? [line.kind === 'group' ? line.lines.length : 1] : []),
    ...line.cells.flatMap((cell, at) => (parts[at] ?? []).map(({ of }) => of(cell))),
  ]);
  const titles = [...(isGrouped ? ['runs'] : []), ...parts.flat().map(({ title }) => title)];
  return [titles, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

function csvColumns({ kind, id }: CompareColumn, title: string, isGrouped: boolean): CsvColumn[] {
  const own: CsvColumn = {
    title: kind === 'duration' ? `${title} (s)` : title,
    of: ({ value, text }) => (kind === 'text' || id === 'epoch' ? text : (value ?? '')),
  };
  if (isGrouped) {
    const isNumber = kind === 'accuracy' || kind === 'number' || kind === 'duration';
    return isNumber ? [own, { title: `${title} standard error`, of: ({ mean }) => mean?.error }] : [own];
  }
  if (kind !== 'accuracy') return [own];
  return [
    own,
    { title: `${title} low`, of: ({ measurement }) => measurement?.interval?.[0] },
    { title: `${title} high`, of: ({ measurement }) => measurement?.interval?.[1] },
    { title: `${title} images`, of: ({ measurement }) => measurement?.count },
  ];
}

function csvCell(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  const text = printable(/^[=+\-@\t\r]/.test(value) ? `'${value}` : value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function markdownTable(arranged: ArrangedTable): string {
  const { columns, lines } = arranged;
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const rules = columns.map(({ kind }, at) => (at === 0 || kind === 'text' ? ':--' : '--:'));
  const body = lines.map((line) => row(titled(line).map((cell) => markdownText(cellText(cell)))));
  const notes = notesOf(arranged).map((note) => `\n${markdownText(note)}\n`);
  return row(compareHeads(arranged).map(markdownText)) + row(rules) + body.join('') + notes.join('');
}

function markdownText(text: string): string {
  return printable(text).replace(/[\\|*_`[\]<>~#]/g, (letter) => `\\${letter}`);
}

/** For `booktabs`. */
function latexTable(arranged: ArrangedTable): string {
  const { columns, lines } = arranged;
  const rows = lines.map(
    (line) =>
      `  ${titled(line)
        .map((cell) => latexText(cellText(cell)))
        .join(' & ')} \\\\\n`,
  );
  const places = columns.map(({ kind }, at) => (at === 0 || kind === 'text' ? 'l' : 'r')).join('');
  return [
    '% \\usepackage{booktabs}\n',
    `\\begin{tabular}{${places}}\n`,
    '  \\toprule\n',
    `  ${compareHeads(arranged).map(latexText).join(' & ')} \\\\\n`,
    '  \\midrule\n',
    ...rows,
    '  \\bottomrule\n',
    '\\end{tabular}\n',
    ...notesOf(arranged).map((note) => `% ${printable(note)}\n`),
  ].join('');
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  ...{ '{': '\\{', '}': '\\}', $: '\\$', '&': '\\&', '#': '\\#', '%': '\\%', _: '\\_' },
  ...{ '^': '\\textasciicircum{}', '~': '\\textasciitilde{}', '<': '$<$', '>': '$>$', '|': '$|$' },
  ...{ '\u2212': '$-$', '±': '$\\pm$', '\u2013': '--', '\u2026': '\\dots{}', '"': "''" },
};

function latexText(text: string): string {
  return printable(text).replace(
    /[\\{}$&#%_^~<>|"\u2212±\u2013\u2026]/g,
    (letter) => LATEX[letter] ?? letter,
  );
}
