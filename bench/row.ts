import { median } from './alternate';

/** One comparison, as `--json` writes it. */
export interface Row {
  readonly name: string;
  readonly ours_ms: number;
  readonly peer: string | null;
  readonly peer_ms: number | null;
  /** ours / peer: under 1 is faster. */
  readonly ratio: number | null;
  readonly task: string;
  readonly network: string;
  readonly batch: number;
  /** Every counted run, in order. */
  readonly ours_runs: readonly number[];
  readonly peer_runs: readonly number[];
  /** Why the peer has no time. */
  readonly error?: string;
}

export interface Comparison {
  readonly task: { readonly id: string; readonly title: string };
  readonly network: { readonly id: string; readonly title: string };
  readonly batch: number;
  readonly peer: string | null;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  readonly error?: string;
}

export function rowOf({ task, network, batch, peer, ours, theirs, error }: Comparison): Row {
  const ours_ms = median(ours);
  const peer_ms = theirs.length > 0 ? median(theirs) : null;
  return {
    name: `${task.title}, ${network.title}, batch ${batch}`,
    ours_ms,
    peer,
    peer_ms,
    ratio: peer_ms === null ? null : ours_ms / peer_ms,
    task: task.id,
    network: network.id,
    batch,
    ours_runs: ours,
    peer_runs: theirs,
    ...(error === undefined ? {} : { error }),
  };
}

/** Cells of a row: name, ours, peer's, ratio. */
export function cellsOf({ name, ours_ms, peer_ms, ratio, error }: Row): string[] {
  const rounded = ratio === null ? '' : ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2);
  return [name, milliseconds(ours_ms), peer_ms === null ? (error ?? '') : milliseconds(peer_ms), rounded];
}

function milliseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
