import * as z from 'zod';
import type { Runs } from '../runs/runs';

/** What a key says that was pressed in the view of runs: a key has no item with it. */
const ofSelection = z.object({ selected: z.literal(true) });

/** The run that is selected in the view, for a command that a key called; undefined otherwise. */
export function selectedRun(runs: Pick<Runs, 'selected'>, target: unknown): string | undefined {
  return ofSelection.safeParse(target).success ? runs.selected : undefined;
}
