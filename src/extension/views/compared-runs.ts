import path from 'node:path';
import { atMostAtOnce } from '../../core/files/at-most-at-once';
import type { RunRecord } from '../../core/records/run-files';
import type { ComparedRow } from '../../core/report/compare/compared-row';
import { attackedRun, ownRuns, readComparedRun } from '../../core/runs/compared-runs';
import type { Selection } from '../../protocol/compare-protocol';
import type { Runs } from '../runs/runs';

/** Each has some files open. */
const AT_ONCE = 64;

/** What changed in a comparison. */
export interface ComparedChange {
  readonly rows: readonly ComparedRow[];
  /** Runs that are there no more. */
  readonly gone: readonly string[];
}

/** The rows of a selection of runs, as the disk has them: what has changed is read anew, and nothing else. */
export class ComparedRuns {
  private readonly known = new Map<
    string,
    { readonly stamp: string; readonly rows: readonly ComparedRow[] }
  >();

  constructor(
    private readonly runs: Pick<Runs, 'list' | 'rootOf'>,
    private readonly selection: Selection,
  ) {}

  /** In the order in which they were chosen, or were begun. */
  get rows(): ComparedRow[] {
    return [...this.known.values()].flatMap(({ rows }) => rows);
  }

  /** The runs that have rows of their own, now. */
  chosen(): RunRecord[] {
    const { runs, groups, sources } = this.selection;
    const records = this.runs.list().map(({ record }) => record);
    const chosen = runs.flatMap((id) => records.find((record) => record.id === id) ?? []);
    const others = [...records].reverse().filter(({ group, source, kind }) => {
      if (group && groups.includes(group.id)) return true;
      return (
        kind === 'train' && source !== undefined && sources.some((file) => path.relative(source, file) === '')
      );
    });
    return ownRuns([...new Set([...chosen, ...others])]);
  }

  /** Reads what has changed since the last time. @param again runs that are read whatever is known of them */
  async update(again: ReadonlySet<string> = new Set()): Promise<ComparedChange> {
    const all = this.runs.list().map(({ record }) => record);
    const chosen = this.chosen();
    const ids = new Set(chosen.map(({ id }) => id));
    const gone = [...this.known.keys()].filter((id) => !ids.has(id));
    for (const id of gone) this.known.delete(id);
    const changed = chosen.flatMap((record) => {
      const attacks = all.filter((other) => attackedRun(other) === record.id);
      const stamp = JSON.stringify([record, attacks]);
      return this.known.get(record.id)?.stamp === stamp && !again.has(record.id)
        ? []
        : [{ record, attacks, stamp }];
    });
    const read = await atMostAtOnce(AT_ONCE, changed, async ({ record, attacks, stamp }) => {
      const root = this.runs.rootOf(record.id);
      const rows = root === undefined ? [] : await readComparedRun(root, record, attacks);
      return { id: record.id, stamp, rows };
    });
    for (const { id, stamp, rows } of read) this.known.set(id, { stamp, rows });
    return { rows: read.flatMap(({ rows }) => rows), gone };
  }
}
