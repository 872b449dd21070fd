import { startTime, summary } from '../format';
import type { ListedRun } from '../runs/listed-run';
import type { Runs } from '../runs/runs';
import { showInformation } from '../show/notifications';
import { pick } from '../show/questions';
import { runIcon } from '../views/run-icon';

export interface PickRunOptions {
  readonly placeHolder: string;
  /** Shown instead of an empty list. */
  readonly none: string;
  readonly filter?: (run: ListedRun) => boolean;
  /** Don't ask when only one run fits. */
  readonly takeOnly?: boolean;
}

/** Lets the user choose a run, latest first; undefined when there is none or the choice was dismissed. */
export async function pickRun(runs: Runs, options: PickRunOptions): Promise<string | undefined> {
  await runs.refresh();
  const fitting = runs.list().filter((run) => options.filter?.(run) ?? true);
  const [first] = fitting;
  if (!first) {
    void showInformation(options.none);
    return undefined;
  }
  if (options.takeOnly && fitting.length === 1) return first.record.id;
  const items = fitting.map(({ record, live }) => ({
    label: record.name,
    description: summary(record),
    detail: `${record.kind === 'attack' ? 'Attack' : 'Training'}, ${startTime(record)}${live ? ', running here' : ''}`,
    iconPath: runIcon(record),
    id: record.id,
  }));
  const picked = await pick(items, {
    placeHolder: options.placeHolder,
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.id;
}
