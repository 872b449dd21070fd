import { median } from '../alternate';
import type { AttackRun } from './attack-task';

/** A line of the comparison. */
export interface AttackRow {
  readonly name: string;
  /** That were attacked. */
  readonly images: number;
  readonly ours: Side;
  readonly peer: Side;
  /** Of the medians, ours / theirs: under 1 is faster. */
  readonly ratio: number | null;
}

interface Side {
  /** Of every run. */
  readonly seconds: readonly number[];
  /** Images that withstood, of every run. */
  readonly robust: readonly number[];
}

/** @param member a part of the ensemble by its place; absent: the whole */
export function attackRow(
  name: string,
  runs: { readonly ours: readonly AttackRun[]; readonly peer: readonly AttackRun[] },
  member?: number,
): AttackRow {
  const [ours, peer] = [sideOf(runs.ours, member), sideOf(runs.peer, member)];
  const both = ours.seconds.length > 0 && peer.seconds.length > 0;
  const images = (runs.ours[0] ?? runs.peer[0])?.robust.length ?? 0;
  return { name, images, ours, peer, ratio: both ? median(ours.seconds) / median(peer.seconds) : null };
}

function sideOf(runs: readonly AttackRun[], member: number | undefined): Side {
  const parts = runs.flatMap((run) => {
    if (member !== undefined) return run.members[member] ?? [];
    return { seconds: run.seconds, robust: run.robust.filter((one) => one === 1).length };
  });
  return { seconds: parts.map(({ seconds }) => seconds), robust: parts.map(({ robust }) => robust) };
}

export const attackRowHead = (peer: string): string[] => [
  '',
  'images',
  'ours, s',
  `${peer}, s`,
  'ratio',
  'ours, robust',
  'theirs, robust',
];

export function attackRowCells({ name, images, ours, peer, ratio }: AttackRow): string[] {
  const seconds = (values: readonly number[]): string =>
    values.length === 0 ? '' : median(values).toFixed(median(values) < 10 ? 2 : 1);
  return [
    name,
    String(images),
    seconds(ours.seconds),
    seconds(peer.seconds),
    ratio?.toFixed(2) ?? '',
    robustText(ours.robust, images),
    robustText(peer.robust, images),
  ];
}

/** Such as `94 (36.7 %)`; `94 – 95 (36.7 – 37.1 %)` where the runs differ. */
function robustText(robust: readonly number[], count: number): string {
  if (robust.length === 0) return '';
  const [least, most] = [Math.min(...robust), Math.max(...robust)];
  const share = (value: number): string => ((100 * value) / count).toFixed(1);
  if (least === most) return `${least} (${share(least)} %)`;
  return `${least} – ${most} (${share(least)} – ${share(most)} %)`;
}
