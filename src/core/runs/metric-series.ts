import { stat } from 'node:fs/promises';
import path from 'node:path';
import { readLines, type Line } from '../files/read-lines';
import { valuesOf, type EvaluationRow } from '../records/run-files';
import { replaces } from '../records/run-state';
import { runFile } from '../records/run-paths';
import { metricsLimits, parseMetricLine } from './metrics-file';

/** Of rows whose columns have names without end, those that are held. */
const MOST_COLUMNS = 64;

/** What is new in the metrics of a run. */
export interface SeriesPart {
  /** So many steps are as they were. */
  readonly from: number;
  /** Those after them, a column a name, all of one length; what was not measured, or not finite, is NaN. */
  readonly columns: Record<string, Float64Array<ArrayBuffer>>;
  /** Every one so far. */
  readonly evaluations: readonly EvaluationRow[];
}

/** The metrics of a run as columns, read as their file grows: what many runs have at once fits into memory. */
export class MetricSeries {
  private readonly file: string;
  private bytes = 0;
  private inode: number | undefined;
  private steps: number[] = [];
  private evaluations: EvaluationRow[] = [];

  /** @param directory of the run */
  constructor(directory: string) {
    this.file = path.join(directory, runFile.metrics);
  }

  /** What is new since the last call; undefined where nothing is. @throws M2atError `io` */
  async read(): Promise<SeriesPart | undefined> {
    const found = await stat(this.file).catch(() => undefined);
    if (!found) return undefined;
    // Rows are only appended; a file that is shorter, or another one, was written anew.
    const isOther = found.size < this.bytes || (this.inode !== undefined && this.inode !== found.ino);
    this.inode = found.ino;
    if (isOther) {
      this.bytes = 0;
      this.steps = [];
      this.evaluations = [];
    }
    if (found.size === this.bytes && !isOther) return undefined;
    let from = this.steps.length;
    const added = new Map<string, number[]>();
    let count = 0;
    const take = ({ text, cut, ended }: Line): undefined => {
      if (!ended || cut) return;
      const row = parseMetricLine(text)?.row;
      if (!row) return;
      while (this.evaluations.length > 0 && isReplaced(this.evaluations.at(-1), row)) this.evaluations.pop();
      if (row.kind === 'evaluation') {
        this.evaluations.push(row);
        return;
      }
      // A resumed run does again what came after its checkpoint.
      while ((this.steps.at(-1) ?? -1) >= row.step) {
        this.steps.pop();
        if (count > 0) {
          count--;
          for (const values of added.values()) values.pop();
        } else from--;
      }
      this.steps.push(row.step);
      for (const [name, value] of valuesOf(row)) {
        if (!added.has(name) && added.size < MOST_COLUMNS)
          added.set(name, new Array<number>(count).fill(NaN));
        added.get(name)?.push(value);
      }
      count++;
      for (const values of added.values()) if (values.length < count) values.push(NaN);
    };
    this.bytes = await readLines(this.file, { ...metricsLimits, from: this.bytes }, take);
    return {
      from,
      columns: Object.fromEntries([...added].map(([name, values]) => [name, Float64Array.from(values)])),
      evaluations: this.evaluations,
    };
  }
}

function isReplaced(earlier: EvaluationRow | undefined, row: Parameters<typeof replaces>[0]): boolean {
  return earlier !== undefined && replaces(row, earlier);
}
