import { isOver } from '../../src/core/records/run-state';
import type { RunState } from './run-state';

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

/** The attack that runs now, as the progress says, or else, of a run of another process, as its report does. */
export function attackProgress({ record, report, progress }: RunState): AttackProgress | undefined {
  if (record?.kind !== 'attack' || isOver(record) || !report) return undefined;
  const { selected, attacks } = report;
  if (progress?.phase === 'attack' && progress.pass) {
    const { pass, done, total, detail = '', secondsLeft } = progress;
    const place = pass.index - 1;
    if (place < 0) return undefined;
    return {
      place,
      places: pass.count - 1,
      title: attacks[place]?.title ?? detail,
      done,
      total,
      secondsLeft,
    };
  }
  const place = attacks.findLastIndex(({ images }) => images.length < (selected ?? images.length));
  const listed = attacks[place];
  if (!listed || selected === undefined) return undefined;
  const { title, images } = listed;
  return { place, places: undefined, title, done: images.length, total: selected, secondsLeft: undefined };
}
