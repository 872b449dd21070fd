import type { onnx } from 'onnx-proto';
import { sizeOf } from '../../../engine/arrays/nd-array';
import { M2atError } from '../../../errors';
import type { Graph, GraphNode } from '../../graph/graph';
import { headNumbers } from '../../networks/head-numbers';

/** The last dense layer of a graph: tensors of the file. */
interface DenseHead {
  /** [inputs, classes], or the other way around. */
  readonly weight: string;
  readonly transposed: boolean;
  readonly bias: string | undefined;
  readonly inputs: number;
}

/** What leaves scores as they are, or is a bias; LogSoftmax has logits' loss. */
const passes = new Set(['Identity', 'Dropout', 'Flatten', 'Reshape', 'Squeeze', 'LogSoftmax']);

/**
 * The same model with another last layer.
 * @param output the value with the logits
 * @throws M2atError `unsupported` where its last layer is no dense one
 */
export function withNewHead(
  model: onnx.IModelProto,
  graph: Graph,
  { output, classes, seed }: { readonly output: string; readonly classes: number; readonly seed: number },
): onnx.IModelProto {
  const { inputs, transposed, weight, bias } = denseHead(graph, output);
  const next = headNumbers(inputs, seed);
  const tensors = new Map<string, onnx.ITensorProto>();
  const draw = (name: string, dims: number[]): void => {
    tensors.set(name, floatTensor(name, dims, Float32Array.from({ length: sizeOf(dims) }, next)));
  };
  draw(weight, transposed ? [classes, inputs] : [inputs, classes]);
  if (bias !== undefined) draw(bias, [classes]);
  const file = model.graph ?? {};
  const initializer = (file.initializer ?? []).map((tensor) => tensors.get(tensor.name ?? '') ?? tensor);
  const outputs = (file.output ?? []).map((info) =>
    info.name === graph.output ? declaring(info, classes) : info,
  );
  // What other values are declared to be is told by nodes too, and may have the old number of classes.
  return { ...model, graph: { ...file, initializer, output: outputs, valueInfo: [] } };
}

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): onnx.ITensorProto {
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims: [...dims], dataType: 1, rawData };
}

/** The layer that a network ends in. @throws M2atError `unsupported` where it is no dense one */
function denseHead(graph: Graph, output: string): DenseHead {
  const { nodes, constants, modelFile } = graph;
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const refuse = (node: GraphNode | undefined): M2atError =>
    new M2atError('unsupported', 'another last layer for a network whose last one is no dense one', {
      where: node ? `${modelFile}: node ${node.name} (${node.op})` : modelFile,
      hint: 'Expected Gemm or MatMul, with or without a bias and a softmax, at its end. "head": "keep" trains it as it is.',
    });
  let bias: string | undefined;
  let name = output;
  for (let node = makers.get(name); ; node = makers.get(name)) {
    const [first = '', second = '', third] = node?.inputs ?? [];
    if (node?.domain !== '') throw refuse(node);
    if (passes.has(node.op)) name = first;
    else if (node.op === 'Add' && bias === undefined && [first, second].some((one) => constants.has(one))) {
      bias = constants.has(second) ? second : first;
      name = constants.has(second) ? first : second;
    } else if (node.op === 'Gemm' || node.op === 'MatMul') {
      const stored = storedMatrix(second, { makers, constants });
      const flips = node.op === 'Gemm' && ![undefined, 0].includes(numberOf(node.attributes.get('transB')));
      if (!stored || (third && bias !== undefined)) throw refuse(node);
      const transposed = stored.transposed !== flips;
      const [rows, columns] = stored.shape;
      const [inputs, classes] = transposed ? [columns, rows] : [rows, columns];
      const own = node.op === 'Gemm' && third ? third : bias;
      if (own !== undefined && constants.get(own)?.data.length !== classes) throw refuse(node);
      return { weight: stored.name, transposed, bias: own, inputs };
    } else throw refuse(node);
  }
}

/** A matrix of the file, which may be transposed before it is read. */
function storedMatrix(
  name: string,
  { makers, constants }: Pick<Graph, 'constants'> & { readonly makers: ReadonlyMap<string, GraphNode> },
): { name: string; shape: [number, number]; transposed: boolean } | undefined {
  const maker = makers.get(name);
  const transposed = maker?.op === 'Transpose' && maker.domain === '';
  const stored = transposed ? (maker.inputs[0] ?? '') : name;
  const [rows, columns, ...more] = constants.get(stored)?.shape ?? [];
  if (rows === undefined || columns === undefined || more.length > 0) return undefined;
  return { name: stored, shape: [rows, columns], transposed };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function declaring(info: onnx.IValueInfoProto, classes: number): onnx.IValueInfoProto {
  const tensorType = info.type?.tensorType;
  const dim = tensorType?.shape?.dim;
  if (!tensorType || !dim) return info;
  const last = dim.length - 1;
  const shape = { dim: dim.map((one, axis) => (axis === last ? { dimValue: classes } : one)) };
  return { ...info, type: { ...info.type, tensorType: { ...tensorType, shape } } };
}
