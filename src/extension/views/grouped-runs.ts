import type { RunGroup, RunRecord, RunStatus } from '../../core/records/run-files';

interface Listed {
  readonly record: Pick<RunRecord, 'group'>;
}

/** The runs of one start, in their order in it. */
export interface GroupedRuns<Run> {
  readonly group: RunGroup;
  readonly runs: readonly Run[];
}

/** Runs of which those of one group are together, in the place of the first of them; a group of which only one is listed is none. */
export function groupedRuns<Run extends Listed>(runs: readonly Run[]): (Run | GroupedRuns<Run>)[] {
  const byGroup = new Map<string, Run[]>();
  for (const run of runs) {
    const { id } = run.record.group ?? {};
    if (id === undefined) continue;
    const members = byGroup.get(id) ?? [];
    members.push(run);
    byGroup.set(id, members);
  }
  return runs.flatMap((run): (Run | GroupedRuns<Run>)[] => {
    const { group } = run.record;
    const members = group ? (byGroup.get(group.id) ?? []) : [];
    if (!group || members.length < 2) return [run];
    const place = ({ record }: Run): number => record.group?.index ?? 0;
    return members[0] === run ? [{ group, runs: [...members].sort((a, b) => place(a) - place(b)) }] : [];
  });
}

/** Where the runs of a group stand, in words: `3 of 12 done, 1 failed`. @param size runs that were to be done */
export function groupText(statuses: readonly RunStatus[], size: number): string {
  const count = (...wanted: RunStatus[]): number =>
    statuses.filter((status) => wanted.includes(status)).length;
  const [failed, stopped, running] = [
    count('failed'),
    count('stopped'),
    count('preparing', 'running', 'stopping'),
  ];
  return [
    `${count('done')} of ${size} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(stopped > 0 ? [`${stopped} stopped`] : []),
    ...(running > 0 ? [`${running} running`] : []),
  ].join(', ');
}
