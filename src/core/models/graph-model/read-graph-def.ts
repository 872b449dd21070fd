import { M2atError } from '../../errors';
import type { Graph, GraphNode, HostArray } from '../graph/graph';
import { newestOpset } from '../graph/opsets';
import { readStoredWeights, type StoredWeight } from '../stored-weights';
import { attributesOf } from './attributes';
import { graphModelDialect } from './dialect';
import { graphDefOf, orderFor, type DefNode, type NodeOutput } from './graph-def';
import type { GraphModelFile } from './graph-model-schema';
import { choosePorts, type Ports } from './ports';

/**
 * Brings the GraphDef of a graph model, and its weights, into the form in which networks are run.
 * @throws M2atError `checkpoint` for whatever is wrong with them
 */
export async function readGraphDef(
  { modelTopology, signature, weightsManifest, ...said }: GraphModelFile,
  modelFile: string,
  outputName: string | undefined,
): Promise<{ graph: Graph; ports: Ports }> {
  const def = graphDefOf(modelTopology.node, modelFile);
  const ports = choosePorts(def, signature ?? {}, modelFile, outputName);
  const order = orderFor(def, ports.output.node, modelFile);
  const weights = await readStoredWeights(weightsManifest, modelFile);
  const constants = new Map<string, HostArray>();
  for (const node of order) {
    if (node.op === 'Const') constants.set(node.name, constantOf(weights.get(node.name), node));
  }
  const results = resultsRead(order, ports.output, modelFile);
  const nodes = order
    .filter(({ name, op }) => name !== ports.input && op !== 'Const')
    .map(({ name, op, inputs, attributes }): GraphNode => ({
      op,
      domain: '',
      name,
      inputs: inputs.map(valueName),
      outputs: Array.from({ length: results.get(name) ?? 1 }, (_, index) => valueName({ node: name, index })),
      attributes: attributesOf(attributes),
    }));
  const graph: Graph = {
    modelFile: modelFile,
    dialect: graphModelDialect,
    opset: newestOpset,
    nodes,
    constants,
    input: { name: ports.input, shape: ports.inputShape },
    output: valueName(ports.output),
    outputs: { name: ports.outputName, because: ports.because, all: ports.outputs },
    metadata: metadataOf(said),
  };
  return { graph, ports };
}

/** Results of all nodes together: beyond this a file is taken for damaged. */
const maxResults = 1_000_000;

/** The name of a node stands for its first result. */
function valueName({ node, index }: NodeOutput): string {
  return index === 0 ? node : `${node}:${index}`;
}

/** How many of each node's results are read, from the first to the last. */
function resultsRead(order: readonly DefNode[], output: NodeOutput, modelFile: string): Map<string, number> {
  const results = new Map<string, number>();
  for (const { node, index } of [output, ...order.flatMap(({ inputs }) => inputs)]) {
    results.set(node, Math.max(results.get(node) ?? 1, index + 1));
  }
  const total = [...results.values()].reduce((sum, count) => sum + count, 0);
  if (total <= maxResults) return results;
  throw new M2atError('checkpoint', `its nodes have ${total} results`, { where: modelFile });
}

function constantOf(weight: StoredWeight | undefined, { where }: DefNode): HostArray {
  if (!weight) {
    throw new M2atError('checkpoint', 'its weight is missing', {
      where,
      hint: 'The manifest of the model does not name it: copy model.json and its weight files again.',
    });
  }
  const { shape, dtype, values } = weight;
  if (values instanceof Float32Array) return { dtype: 'float', shape, data: values };
  return { dtype: dtype === 'bool' ? 'bool' : 'int', shape, data: Float64Array.from(values) };
}

function metadataOf({
  generatedBy,
  convertedBy,
  userDefinedMetadata,
}: Pick<GraphModelFile, 'generatedBy' | 'convertedBy' | 'userDefinedMetadata'>): Record<string, string> {
  const entries: [string, unknown][] = [
    ['generatedBy', generatedBy],
    ['convertedBy', convertedBy],
    ...Object.entries(userDefinedMetadata ?? {}),
  ];
  return Object.fromEntries(
    entries.flatMap(([key, value]) => {
      if (value === undefined || value === null) return [];
      return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
    }),
  );
}
