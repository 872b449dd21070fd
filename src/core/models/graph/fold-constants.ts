import { maxHostElements, type Graph, type HostArray } from './graph';
import { computeKnown, isKnown } from './known';
import { NodeCall } from './node-call';
import { operatorOf, type FindOperator } from './operators';

/**
 * Computes the nodes that need nothing but constants, so that they are neither checked nor run with the network. What needs
 * the shapes of images is computed in the same way while a program is built of the graph (run-nodes.ts).
 * A node stays where its operator is not supported, its result is no small list, or it can't be computed: then it is
 * refused where operators are checked, or where it is run.
 */
export function foldConstants(graph: Graph, find: FindOperator = operatorOf): Graph {
  const constants = new Map<string, HostArray>(graph.constants);
  const context = { graph, batch: 1 };
  const nodes = graph.nodes.filter((node) => {
    const operator = find(graph, node);
    if (!operator || !node.inputs.every((name) => name === '' || constants.has(name))) return true;
    const call = new NodeCall(
      node,
      context,
      node.inputs.map((name) => constants.get(name)),
      false,
    );
    if (!isKnown(operator, call)) return true;
    try {
      const results = computeKnown(operator.evaluate, call);
      if (results.some(({ data }) => data.length > maxHostElements)) return true;
      node.outputs.forEach((name, index) => {
        const result = results[index];
        if (name && result) constants.set(name, result);
      });
      return false;
    } catch {
      return true;
    }
  });
  return { ...graph, nodes, constants };
}
