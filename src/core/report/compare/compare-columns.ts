import { commitText } from '../version-text';
import { accuracyCell, clock } from '../text-table';
import type { ComparedRow, Measurement } from './compared-row';
import { differingSettings, settingCell, valueOf } from './flat-settings';

export type ColumnKind = 'text' | 'setting' | 'accuracy' | 'number' | 'duration';

/** A column of the table in which runs are compared. */
export interface CompareColumn {
  /** No other column has it. */
  readonly id: string;
  readonly title: string;
  /** Of an accuracy: the images that it is of. */
  readonly images?: string;
  /** Everything that it says, in a sentence. */
  readonly about: string;
  readonly kind: ColumnKind;
  /** Whether it is shown unless somebody chooses. */
  readonly shown: boolean;
  readonly cell: (row: ComparedRow) => CompareCell;
}

export interface CompareCell {
  readonly text: string;
  /** What it is sorted by, and means are of; undefined where there is nothing. Accuracies are fractions, times seconds. */
  readonly value: string | number | undefined;
  readonly measurement?: Measurement;
}

export const NAME_COLUMN = 'name';
const SEED = 'seed';

/** The columns of a table of these rows: what every run has, every setting, and an accuracy for all that can be compared. */
export function compareColumns(rows: readonly ComparedRow[]): CompareColumn[] {
  return [
    nameColumn,
    ...runColumns(rows),
    ...settingColumns(rows),
    passesColumn(rows),
    ...accuracyColumns(rows),
    ...workColumns(rows),
  ];
}

/** What a row is called: its run, and its network where that has several. */
export function rowName({ record, network }: ComparedRow): string {
  return network === undefined ? record.name : `${record.name} (${network})`;
}

const textCell = (text: string | undefined): CompareCell => ({
  text: text ?? '',
  value: text === '' ? undefined : text,
});

function textColumn(
  id: string,
  title: string,
  about: string,
  { shown, of }: { readonly shown: boolean; readonly of: (row: ComparedRow) => string | undefined },
): CompareColumn {
  return { id, title, about, kind: 'text', shown, cell: (row) => textCell(of(row)) };
}

const nameColumn = textColumn(NAME_COLUMN, 'run', 'What the run is called, and which of its networks it is', {
  shown: true,
  of: rowName,
});

function runColumns(rows: readonly ComparedRow[]): CompareColumn[] {
  const isOpen = rows.some(({ record }) => record.status !== 'done');
  const has = (of: (row: ComparedRow) => string | undefined): boolean =>
    rows.some((row) => of(row) !== undefined);
  const tags = ({ record }: ComparedRow): string | undefined => record.marks?.tags?.join(', ');
  const note = ({ record }: ComparedRow): string | undefined => record.marks?.note;
  const signs = ({ record }: ComparedRow): string | undefined =>
    record.signs?.map(({ title }) => title).join(', ');
  return [
    textColumn('status', 'status', 'Where the run stands', {
      shown: isOpen,
      of: ({ record }) => record.status,
    }),
    {
      ...{ id: 'epoch', title: 'epoch', kind: 'number', shown: isOpen },
      about: 'Epochs that are done, of those that there are to be',
      cell: ({ record: { progress } }) =>
        progress
          ? { text: `${Number(progress.epoch.toFixed(1))}/${progress.epochs}`, value: progress.epoch }
          : textCell(undefined),
    },
    textColumn('tags', 'tags', 'Tags that somebody gave the run', { shown: has(tags), of: tags }),
    textColumn('note', 'note', 'What somebody wrote about the run', { shown: has(note), of: note }),
    textColumn('signs', 'signs', 'What the run saw go wrong', { shown: has(signs), of: signs }),
  ];
}

/** Those in which the runs differ are shown, the others can be. */
function settingColumns(rows: readonly ComparedRow[]): CompareColumn[] {
  const settings = rows.map((row) => row.settings).filter((one) => Object.keys(one).length > 0);
  const differing = differingSettings(settings);
  const all = [...new Set(settings.flatMap((one) => Object.keys(one)))];
  const others = all.filter((path) => !differing.includes(path));
  const short = shortTitles(differing);
  const column = (path: string, shown: boolean): CompareColumn => ({
    ...{ id: `setting ${path}`, title: short.get(path) ?? path, about: `The setting ${path}` },
    ...{ kind: 'setting', shown },
    cell: (row) => {
      const value = valueOf(row.settings, path);
      const text = settingCell(path, value);
      return { text, value: typeof value === 'number' ? value : value === undefined ? undefined : text };
    },
  });
  return [...differing.map((path) => column(path, true)), ...others.map((path) => column(path, false))];
}

/** `epsilon` for `method.epsilon`, `method` for `method.name`, where no other setting would be called the same. */
function shortTitles(paths: readonly string[]): ReadonlyMap<string, string> {
  const shortOf = (path: string): string => path.replace(/\.name$/, '').replace(/^.*\./, '');
  const count = new Map<string, number>();
  for (const path of paths) count.set(shortOf(path), (count.get(shortOf(path)) ?? 0) + 1);
  return new Map(paths.map((path) => [path, count.get(shortOf(path)) === 1 ? shortOf(path) : path]));
}

function passesColumn(rows: readonly ComparedRow[]): CompareColumn {
  const passesOf = ({ record: { passes, progress } }: ComparedRow): number | undefined =>
    passes && progress ? Number(((passes.attack + passes.training) * progress.epoch).toFixed(1)) : undefined;
  const known = new Set(rows.map(passesOf));
  return {
    ...{ id: 'passes', title: 'passes', kind: 'number', shown: known.size > 1 },
    about: 'Passes of each training image over the network so far, forward and backward',
    cell: (row) => {
      const value = passesOf(row);
      return { text: value === undefined ? '' : String(value), value };
    },
  };
}

const ORDER = { clean: 0, attack: 1, worst: 2 } as const;

/** One for all that can be compared: the same attack on the same images. */
function accuracyColumns(rows: readonly ComparedRow[]): CompareColumn[] {
  const known = new Map<string, { readonly first: Measurement; count: number }>();
  for (const { measurements } of rows) {
    for (const key of new Set(measurements.map((one) => one.key))) {
      const first = measurements.find((one) => one.key === key);
      const entry = known.get(key);
      if (entry) entry.count++;
      else if (first) known.set(key, { first, count: 1 });
    }
  }
  // The images that most runs were measured on come first.
  const weight = new Map<string, number>();
  for (const { first, count } of known.values()) {
    weight.set(first.imagesKey, (weight.get(first.imagesKey) ?? 0) + count);
  }
  const images = [...weight.keys()].sort((a, b) => (weight.get(b) ?? 0) - (weight.get(a) ?? 0));
  const place = ({ imagesKey, kind }: Measurement): number => 3 * images.indexOf(imagesKey) + ORDER[kind];
  const ordered = [...known.values()].map(({ first }) => first).sort((a, b) => place(a) - place(b));
  return ordered.map((first) => {
    const twin = ordered.find(
      (other) => other !== first && other.title === first.title && other.images === first.images,
    );
    return {
      ...{ id: `accuracy ${first.key}`, title: first.title, kind: 'accuracy', shown: true },
      // Of two that would look the same, each says all that it is of.
      images: twin ? first.about : first.images,
      about: first.about,
      cell: ({ measurements }) => {
        const measurement = measurements.findLast((one) => one.key === first.key);
        if (!measurement) return textCell(undefined);
        const text = accuracyCell(measurement.accuracy, measurement.interval);
        return { text, value: measurement.accuracy, measurement };
      },
    };
  });
}

function workColumns(rows: readonly ComparedRow[]): CompareColumn[] {
  const device = ({ record }: ComparedRow): string | undefined =>
    record.deviceDetails?.adapter === undefined
      ? record.device
      : `${record.device ?? ''}, ${record.deviceDetails.adapter}`;
  return [
    {
      ...{ id: 'time', title: 'time', kind: 'duration', shown: true, about: 'Time of work' },
      cell: ({ seconds }) => ({ text: seconds === undefined ? '' : clock(seconds), value: seconds }),
    },
    textColumn('device', 'device', 'What computed', {
      shown: new Set(rows.map(device)).size > 1,
      of: device,
    }),
    textColumn('started', 'started', 'When the run began, UTC', {
      shown: false,
      of: ({ record }) => record.startedAt.slice(0, 16).replace('T', ' '),
    }),
    textColumn('group', 'group', 'What the run was started together with', {
      shown: false,
      of: ({ record }) => record.group?.name,
    }),
    textColumn('source', 'source', 'The file that it came from', {
      shown: false,
      of: ({ record }) => record.source,
    }),
    textColumn('commit', 'commit', 'What was under version control when the run began', {
      shown: false,
      of: ({ record }) => commitText(record),
    }),
    textColumn('id', 'id', 'The name of the run directory', {
      // Names alone may not tell runs apart.
      shown: new Set(rows.map(rowName)).size < rows.length,
      of: ({ record }) => record.id,
    }),
  ];
}

/** The settings in which rows differ, but for the seed: what repeats of one experiment have in common. */
export function repeatedSettings(rows: readonly ComparedRow[]): string[] {
  return differingSettings(rows.map(({ settings }) => settings)).filter((path) => path !== SEED);
}
