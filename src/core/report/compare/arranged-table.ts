import { accuracyCell, clock, percent } from '../text-table';
import type { ComparedRow } from './compared-row';
import {
  compareColumns,
  NAME_COLUMN,
  repeatedSettings,
  type CompareCell,
  type CompareColumn,
} from './compare-columns';
import type { CompareView } from './compare-view';
import { settingCell, valueOf } from './flat-settings';
import { meanAndError, type Mean } from './mean-and-error';
import { rowFilter } from './row-filter';

export interface ShownCell extends Omit<CompareCell, 'value'> {
  readonly value: string | number | undefined;
  /** How far it is from the baseline, in its own unit: `+2.1`. */
  readonly difference?: string;
  /** Of the rows of a group. */
  readonly mean?: Mean;
}

export interface RowLine {
  readonly kind: 'row';
  readonly row: ComparedRow;
  readonly isBaseline: boolean;
  readonly cells: readonly ShownCell[];
}

/** Rows that have something in common. */
export interface GroupLine {
  readonly kind: 'group';
  /** No other group has it. */
  readonly key: string;
  readonly title: string;
  /** Settings in which its rows differ besides the seed: their mean is not one over seeds alone. */
  readonly mixes: readonly string[];
  readonly cells: readonly ShownCell[];
  readonly lines: readonly RowLine[];
}

export interface ArrangedTable {
  /** Those that can be chosen. */
  readonly all: readonly CompareColumn[];
  /** Those that are shown, in order. */
  readonly columns: readonly CompareColumn[];
  readonly lines: readonly (RowLine | GroupLine)[];
  /** Rows that the filter leaves. */
  readonly count: number;
}

/** A comparison as somebody looks at it. */
export function arrangedTable(rows: readonly ComparedRow[], view: CompareView): ArrangedTable {
  const all = compareColumns(rows);
  const columns = shownColumns(all, view);
  const passes = rowFilter(view.filter, all);
  const left = rows.filter(passes);
  const baseline = rows.find(({ key }) => key === view.baseline);
  const lineOf = (row: ComparedRow): RowLine => ({
    ...{ kind: 'row', row, isBaseline: row === baseline },
    cells: columns.map((column) => rowCell(column, row, baseline)),
  });
  const lines = sorted(left.map(lineOf), columns, all, view);
  if (view.groupBy === undefined) return { all, columns, lines, count: left.length };
  const groups = groupsOf(lines, rows, all, view.groupBy).map(({ key, title, lines: members }): GroupLine => {
    const repeated = repeatedSettings(members.map(({ row }) => row));
    return {
      ...{ kind: 'group', key, title, lines: members, mixes: repeated },
      cells: columns.map((column) => groupCell(column, title, members, baseline)),
    };
  });
  return { all, columns, lines: sorted(groups, columns, all, view), count: left.length };
}

/** Pinned columns come first. */
function shownColumns(all: readonly CompareColumn[], { shown, pinned }: CompareView): CompareColumn[] {
  const wanted = all.filter(({ id, shown: usual }) => id === NAME_COLUMN || (shown[id] ?? usual));
  const isPinned = ({ id }: CompareColumn): boolean => id === NAME_COLUMN || pinned.includes(id);
  return [...wanted.filter(isPinned), ...wanted.filter((column) => !isPinned(column))];
}

function rowCell(column: CompareColumn, row: ComparedRow, baseline: ComparedRow | undefined): ShownCell {
  const cell = column.cell(row);
  if (!baseline || row === baseline) return cell;
  const difference = differenceText(column, cell.value, column.cell(baseline).value);
  return { ...cell, ...(difference !== undefined && { difference }) };
}

function groupCell(
  column: CompareColumn,
  title: string,
  members: readonly RowLine[],
  baseline: ComparedRow | undefined,
): ShownCell {
  if (column.id === NAME_COLUMN) return { text: title, value: title };
  const cells = members.map(({ row }) => column.cell(row));
  const values = cells.flatMap(({ value }) => value ?? []);
  if (column.kind === 'text' || column.kind === 'setting') {
    const texts = new Set(cells.map(({ text }) => text));
    const [only = '', ...others] = texts;
    const text = others.length === 0 ? only : '';
    return { text, value: others.length === 0 ? cells[0]?.value : undefined };
  }
  const mean = meanAndError(values.filter((value) => typeof value === 'number'));
  if (!mean) return { text: '', value: undefined };
  const difference = baseline && differenceText(column, mean.mean, column.cell(baseline).value);
  const of = mean.count === members.length ? '' : ` (of ${mean.count})`;
  return {
    ...{ text: meanText(column, mean) + of, value: mean.mean, mean },
    ...(difference !== undefined && { difference }),
  };
}

function meanText({ kind }: CompareColumn, { mean, error }: Mean): string {
  if (kind === 'duration') return error === undefined ? clock(mean) : `${clock(mean)} ± ${clock(error)}`;
  if (kind === 'number') {
    const text = String(Number(mean.toPrecision(4)));
    return error === undefined ? text : `${text} ± ${String(Number(error.toPrecision(2)))}`;
  }
  if (error === undefined) return accuracyCell(mean, undefined);
  return `${(100 * mean).toFixed(1)} ± ${percent(error)}`;
}

/** In percentage points of accuracies, seconds of times. */
function differenceText(
  { kind }: CompareColumn,
  value: string | number | undefined,
  base: string | number | undefined,
): string | undefined {
  if (typeof value !== 'number' || typeof base !== 'number') return undefined;
  if (kind === 'accuracy') return signed(100 * (value - base), (size) => size.toFixed(1));
  if (kind === 'duration') return signed(value - base, clock);
  if (kind === 'number') return signed(value - base, (size) => String(Number(size.toPrecision(4))));
  return undefined;
}

function signed(value: number, text: (size: number) => string): string {
  const size = text(Math.abs(value));
  if (Number.parseFloat(size.replaceAll(':', '')) === 0) return `±${size}`;
  return `${value < 0 ? '\u2212' : '+'}${size}`;
}

interface Group {
  readonly key: string;
  readonly title: string;
  readonly lines: RowLine[];
}

function groupsOf(
  lines: readonly RowLine[],
  rows: readonly ComparedRow[],
  all: readonly CompareColumn[],
  by: string,
): Group[] {
  const column = all.find(({ id }) => id === by);
  const titlesOf = column
    ? (row: ComparedRow) => [`${column.title} = ${column.cell(row).text || 'none'}`]
    : repeatTitles(rows);
  const groups = new Map<string, Group>();
  for (const line of lines) {
    for (const title of titlesOf(line.row)) {
      const group = groups.get(title) ?? { key: `${by} ${title}`, title, lines: [] };
      group.lines.push(line);
      groups.set(title, group);
    }
  }
  return [...groups.values()];
}

/** What runs that differ by their seed alone have in common, and which of their networks it is. */
function repeatTitles(rows: readonly ComparedRow[]): (row: ComparedRow) => string[] {
  const repeated = repeatedSettings(rows);
  const settingOf = ({ record, settings }: ComparedRow): string => {
    const values = repeated.map((path) => `${path}=${settingCell(path, valueOf(settings, path)) || 'none'}`);
    if (Object.keys(settings).length === 0) return record.name;
    return record.group?.setting ?? (values.join(', ') || 'the same settings');
  };
  const kindOf = ({ network }: ComparedRow): string | undefined => network?.replace(/,.*$/, '');
  const kinds = new Map<string, Set<string>>();
  for (const row of rows) {
    const [setting, kind] = [settingOf(row), kindOf(row)];
    const known = kinds.get(setting) ?? new Set();
    kinds.set(setting, kind === undefined ? known : known.add(kind));
  }
  return (row) => {
    const setting = settingOf(row);
    const [all = new Set<string>(), kind] = [kinds.get(setting), kindOf(row)];
    if (all.size === 0) return [setting];
    // The only network of a run is both its last and its best one.
    return (kind === undefined ? [...all] : [kind]).map((name) => `${setting} (${name})`);
  };
}

/** What has no value comes last, whichever way it is sorted; what is equal stays in its order. */
function sorted<Line extends { readonly cells: readonly ShownCell[] }>(
  lines: readonly Line[],
  columns: readonly CompareColumn[],
  all: readonly CompareColumn[],
  { sort }: CompareView,
): Line[] {
  const keys = sort.flatMap(({ column, descending }) => {
    const place = columns.findIndex(({ id }) => id === column);
    return place >= 0 && all.some(({ id }) => id === column) ? [{ place, descending }] : [];
  });
  return [...lines].sort((a, b) => {
    for (const { place, descending } of keys) {
      const order = compared(a.cells[place]?.value, b.cells[place]?.value, descending);
      if (order !== 0) return order;
    }
    return 0;
  });
}

const collator = new Intl.Collator('en', { numeric: true });

function compared(
  a: string | number | undefined,
  b: string | number | undefined,
  descending: boolean,
): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const order =
    typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return descending ? -order : order;
}
