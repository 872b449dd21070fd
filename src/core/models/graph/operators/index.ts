import type { Dialect, Graph, GraphNode } from '../graph';
import type { Operator, Operators } from '../operator';
import { onnx } from './onnx';
import { tensorflow } from './tensorflow';

/** Every operator that is understood, by the format whose files name it so. */
const table: Readonly<Record<Dialect['format'], Operators>> = { onnx, 'graph-model': tensorflow };

export type FindOperator = (graph: Pick<Graph, 'dialect'>, node: GraphNode) => Operator | undefined;

/** Undefined for an operator that is not understood. */
export const operatorOf: FindOperator = ({ dialect }, { op, domain }) => {
  const operators = table[dialect.format];
  return domain === '' && Object.hasOwn(operators, op) ? operators[op] : undefined;
};

/** Whether each run of a node may give something else. */
export function isRandom(graph: Graph, node: GraphNode): boolean {
  return operatorOf(graph, node)?.isRandom?.(node) ?? false;
}

export function supportedOps(format: Dialect['format']): string[] {
  return Object.keys(table[format]).sort();
}
