import { Arena, type Chunk } from './arena';
import { planBuffers, type PlannedStep } from './buffer-plan';
import type { Graph, Subgraph } from './graph';
import { inferShapes } from './infer-shapes';

/** What ONNX Runtime's CPU provider needs to run a graph. */
export interface GraphMemory {
  /** Bytes of its arena that are touched. */
  readonly arena: number;
  /** Bytes of constants, which a session has a copy of. */
  readonly constants: number;
  /** Nodes, those in the bodies of loops included. */
  readonly nodes: number;
}

/**
 * Follows ONNX Runtime through one run of a graph on the CPU, without the numbers.
 * @param external results that are written to memory of the caller
 */
export function graphMemory(graph: Graph, external: ReadonlySet<string>): GraphMemory {
  const arena = new Arena();
  replay(planBuffers(graph, inferShapes(graph), external), arena);
  return {
    arena: arena.touched,
    constants: graph.initializers.reduce((sum, { bytes }) => sum + bytes.length, 0),
    nodes: countNodes(graph),
  };
}

/** @returns what the results hold, for the caller to release */
function replay(steps: readonly PlannedStep[], arena: Arena): Chunk[] {
  const held = new Map<string, Chunk>();
  for (const { allocated, freed, body } of steps) {
    // Two rounds: what the first one left is still there in the second.
    const rounds = body ? [replay(body, arena), replay(body, arena)] : [];
    for (const { name, bytes } of allocated) held.set(name, arena.allocate(bytes));
    for (const chunk of rounds.flat()) arena.release(chunk);
    for (const name of freed) {
      const chunk = held.get(name);
      if (chunk) arena.release(chunk);
      held.delete(name);
    }
  }
  return [...held.values()];
}

function countNodes({ nodes }: Subgraph): number {
  return nodes.reduce((sum, { body }) => sum + 1 + (body ? countNodes(body) : 0), 0);
}
