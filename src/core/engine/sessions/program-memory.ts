import type * as tf from '@tensorflow/tfjs';
import type { GraphMemory } from '../graph/graph-memory';

/** What some work will take of the host's memory once its programs run. */
export interface ProgramMemory {
  /** For each part of the work: bytes of the sessions that it needs, by their graph. */
  readonly parts: readonly ReadonlyMap<string, number>[];
  /** Bytes of variables' next values, and of copies of results that wait for the garbage collector. */
  readonly arrays: number;
}

/** Bytes of the sessions of some parts together; they share those of the same graph. */
export function sessionsOf(parts: readonly ReadonlyMap<string, number>[]): number {
  const all = new Map(parts.flatMap((part) => [...part]));
  return [...all.values()].reduce((sum, bytes) => sum + bytes, 0);
}

/** Some parts are there all the time, and the others come one after the other: the first `shared`, and the largest. */
export function largestPhase({ parts }: ProgramMemory, shared: number): number {
  const common = parts.slice(0, shared);
  return Math.max(sessionsOf(common), ...parts.slice(shared).map((part) => sessionsOf([...common, part])));
}

/** Measured: an arena takes up to this more than its simulation, mostly by operators' own scratch memory. */
const ARENA_SHARE = 1.15;
/** Measured: a session's nodes and kernels, and what its threads hold. */
const SESSION_BYTES = 12 * 2 ** 20;
const NODE_BYTES = 4096;
/** Constants are in the model, and once more in the session. */
const CONSTANT_COPIES = 2;

export function sessionMemory({ arena, constants, nodes }: GraphMemory): number {
  return ARENA_SHARE * arena + CONSTANT_COPIES * constants + SESSION_BYTES + NODE_BYTES * nodes;
}

/**
 * The two buffers of a variable alternate, and half of those that are there (the velocities, zeros) are yet to be touched.
 * ONNX Runtime's binding copies results, those too that it wrote to a buffer of ours, and the copies of two runs may wait
 * for the garbage collector.
 */
const BUFFERS_PER_ASSIGNED = 3.5;

/** Bytes of the next values of variables that a program assigns. */
export function assignedMemory(variables: Iterable<tf.Variable>): number {
  let bytes = 0;
  for (const { size, dtype } of variables) bytes += BUFFERS_PER_ASSIGNED * size * (dtype === 'bool' ? 1 : 4);
  return bytes;
}
