import { messageOf } from '../src/core/errors';
import { alternate } from './alternate';
import type { PeerRuns } from './row';
import type { BenchTask, Clock } from './tasks';
import type { TorchPeer } from './torch-peer';

/** A way in which PyTorch runs. */
export type TimedPeer = Pick<TorchPeer, 'name' | 'mode' | 'time'>;

export interface AgainstTorch<Peer extends TimedPeer> {
  /** The counted runs of each of our sides, in milliseconds. */
  readonly ours: readonly (readonly number[])[];
  /** Those of the peers that can do the task. */
  readonly theirs: readonly (PeerRuns & { readonly by: Peer })[];
  /** Why there is no peer, where none can. */
  readonly error: string | undefined;
}

/** Times sides of ours and PyTorch's in turn. A peer that can't do the task is left out. */
export async function againstTorch<Peer extends TimedPeer>(
  ours: readonly (() => Promise<number>)[],
  peers: readonly Peer[],
  {
    task,
    clock,
    repetitions,
  }: { readonly task: BenchTask; readonly clock: Clock; readonly repetitions: number },
): Promise<AgainstTorch<Peer>> {
  const able: Peer[] = [];
  const problems: string[] = [];
  for (const peer of peers) {
    try {
      await peer.time(task, clock);
      able.push(peer);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  const runs = await alternate(repetitions, [...ours, ...able.map((peer) => () => peer.time(task, clock))]);
  return {
    ours: runs.slice(0, ours.length),
    theirs: able.map((by, n) => ({
      by,
      peer: by.name,
      mode: by.mode,
      runs: runs[ours.length + n] ?? [],
    })),
    error: able.length === 0 ? problems[0] : undefined,
  };
}
