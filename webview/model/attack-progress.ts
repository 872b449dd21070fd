import type { RunProgress } from '../../src/core/runs/run-event';
import type { AttackReport } from '../../src/core/runs/run-files';
import { isOver, type RunState } from './run-state';

/** The attack that runs now. */
export interface AttackProgress {
  /** Its place in the report. */
  readonly place: number;
  /** How many there will be, where that is known. */
  readonly places: number | undefined;
  readonly title: string;
  /** Images that it is through with, of `total`. */
  readonly done: number;
  readonly total: number;
  /** Of the whole run. */
  readonly secondsLeft: number | undefined;
}

/**
 * What the progress of an attack run says about the attack that runs: it counts images, one pass over them all for
 * the clean ones and one an attack. Undefined while no attack runs.
 */
export function attackProgress({ record, report, progress }: RunState): AttackProgress | undefined {
  if (record?.kind !== 'attack' || isOver(record) || !report) return undefined;
  const { selected, attacks } = report;
  const title = progress?.phase === 'attack' ? progress.detail : undefined;
  const running = attacks.findLastIndex(({ images }) => images.length < (selected ?? images.length));
  // The next attack is in the report once it has a result.
  const next = title !== undefined && title !== 'clean images' && attacks.at(-1)?.title !== title;
  const place = running >= 0 ? running : next ? attacks.length : -1;
  if (place < 0 || selected === undefined) return undefined;
  const passed = selected * (1 + place);
  const counted = progress?.phase === 'attack' ? progress.done - passed : 0;
  const listed = attacks[place];
  return {
    place,
    places: placesOf(progress, selected),
    title: listed?.title ?? title ?? '',
    done: Math.max(0, Math.min(selected, Math.max(counted, listed?.images.length ?? 0))),
    total: selected,
    secondsLeft: progress?.secondsLeft,
  };
}

function placesOf(progress: RunProgress | undefined, selected: NonNullable<AttackReport['selected']>) {
  if (progress?.phase !== 'attack' || selected === 0) return undefined;
  const places = progress.total / selected - 1;
  return Number.isInteger(places) && places > 0 ? places : undefined;
}
