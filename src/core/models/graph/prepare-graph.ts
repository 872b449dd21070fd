import { foldConstants } from './fold-constants';
import type { Graph } from './graph';
import { operatorOf } from './operators';

/**
 * A graph as it is run: what can be computed ahead is, and then operators are checked.
 * @throws M2atError `unsupported` for an operator that is not in the table
 */
export function prepareGraph(graph: Graph): Graph {
  const prepared = foldConstants(graph);
  const unknown = prepared.nodes.find((node) => !operatorOf(graph, node));
  if (unknown) throw graph.dialect.refuse(graph, unknown);
  return prepared;
}
