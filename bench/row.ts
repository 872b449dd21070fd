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
  /** How the peer ran, where there are several ways. */
  readonly mode?: string | undefined;
  /** Medians of all ways that were measured, by mode. */
  readonly peer_modes?: Readonly<Record<string, number>>;
  /** Why the peer has no time. */
  readonly error?: string | undefined;
}

/** The counted runs of a peer, in milliseconds. */
export interface PeerRuns {
  /** Its name. */
  readonly peer: string;
  readonly mode?: string;
  readonly runs: readonly number[];
}

export interface Comparison {
  readonly task: { readonly id: string; readonly title: string };
  readonly network: { readonly id: string; readonly title: string };
  readonly batch: number;
  readonly ours: readonly number[];
  /** The fastest counts. Without runs it could not do the task. */
  readonly theirs: readonly PeerRuns[];
  readonly error?: string | undefined;
}

export function rowOf({ task, network, batch, ours, theirs, error }: Comparison): Row {
  const fastest = fastestOf(theirs);
  const ours_ms = median(ours);
  const peer_ms = fastest && fastest.runs.length > 0 ? median(fastest.runs) : null;
  const byMode = theirs.flatMap(({ mode, runs }): [string, number][] =>
    mode === undefined ? [] : [[mode, median(runs)]],
  );
  return {
    name: `${task.title}, ${network.title}, batch ${batch}`,
    ours_ms,
    peer: fastest?.peer ?? null,
    peer_ms,
    ratio: peer_ms === null ? null : ours_ms / peer_ms,
    task: task.id,
    network: network.id,
    batch,
    ours_runs: ours,
    peer_runs: fastest?.runs ?? [],
    ...(fastest?.mode !== undefined && { mode: fastest.mode }),
    ...(byMode.length > 1 && { peer_modes: Object.fromEntries(byMode) }),
    ...(error !== undefined && { error }),
  };
}

/** The runs with the lowest median. */
export function fastestOf<Runs extends PeerRuns>(theirs: readonly Runs[]): Runs | undefined {
  return [...theirs].sort((a, b) => median(a.runs) - median(b.runs))[0];
}

/** Cells of a row: name, ours, peer's, ratio. */
export function cellsOf({ name, ours_ms, peer_ms, ratio, error }: Row): string[] {
  const rounded = ratio === null ? '' : ratio < 0.1 ? ratio.toPrecision(2) : ratio.toFixed(2);
  return [name, milliseconds(ours_ms), peer_ms === null ? (error ?? '') : milliseconds(peer_ms), rounded];
}

function milliseconds(value: number): string {
  return value < 100 ? value.toFixed(1) : value.toFixed(0);
}
