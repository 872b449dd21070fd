import { onnx } from 'onnx-proto';
import { sizeOf } from '../../../engine/arrays/nd-array';
import { M2atError } from '../../../errors';
import { readExternal } from '../external-data';
import { toNumber } from '../numbers';

/** Bytes of an element, of the types that exporters store beside a model. */
const elementBytes = new Map([
  ...[1, 6, 12].map((type) => [type, 4] as const),
  ...[2, 3, 9].map((type) => [type, 1] as const),
  ...[4, 5, 10, 16].map((type) => [type, 2] as const),
  ...[7, 11, 13].map((type) => [type, 8] as const),
]);

/**
 * A model as its training saves it: all weights in the file, and for each parameter one of its own. torch's exporters
 * store equal tensors once, and so the scales of new BatchNorms with their variances.
 * @param model as it was read; it is not changed
 */
export async function trainingProto(model: onnx.IModelProto, modelFile: string): Promise<onnx.IModelProto> {
  const graph = model.graph ?? {};
  const initializers: onnx.ITensorProto[] = [];
  for (const tensor of graph.initializer ?? []) initializers.push(await embedded(tensor, modelFile));
  const { node, added } = withOwnWeights(graph.node ?? [], initializers);
  return {
    ...model,
    // From 4 on initializers need not be listed as inputs.
    irVersion: Math.max(4, toNumber(model.irVersion)),
    graph: { ...graph, node, initializer: [...initializers, ...added] },
  };
}

async function embedded(tensor: onnx.ITensorProto, modelFile: string): Promise<onnx.ITensorProto> {
  if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) return tensor;
  const bytes = elementBytes.get(tensor.dataType ?? 0);
  if (bytes === undefined) {
    throw new M2atError('unsupported', `its elements have the type ${tensor.dataType ?? 0}`, {
      where: `${modelFile}: tensor ${tensor.name ?? ''}`,
    });
  }
  const size = sizeOf((tensor.dims ?? []).map(toNumber));
  const { name = '', dims = [], dataType = 0 } = tensor;
  return { name, dims, dataType, rawData: await readExternal(tensor, size * bytes, modelFile) };
}

function withOwnWeights(
  nodes: readonly onnx.INodeProto[],
  initializers: readonly onnx.ITensorProto[],
): { node: onnx.INodeProto[]; added: onnx.ITensorProto[] } {
  const known = new Map(initializers.map((tensor) => [tensor.name ?? '', tensor]));
  const added: onnx.ITensorProto[] = [];
  const copy = (tensor: onnx.ITensorProto, name: string): string => {
    const own = { ...tensor, name };
    known.set(name, own);
    added.push(own);
    return name;
  };
  const withoutAliases = nodes.filter(({ opType, domain, input, output }) => {
    const tensor = known.get(input?.[0] ?? '');
    const name = output?.[0];
    if (opType !== 'Identity' || domain || !tensor || !name) return true;
    copy(tensor, name);
    return false;
  });
  const taken = new Set(nodes.flatMap(({ output }) => output ?? []));
  const read = new Set<string>();
  const node = withoutAliases.map((one) => {
    if (one.opType !== 'BatchNormalization' || one.domain) return one;
    const input = (one.input ?? []).map((name) => {
      const tensor = known.get(name);
      if (!tensor || !read.has(name)) {
        read.add(name);
        return name;
      }
      let number = 2;
      while (known.has(`${name}_${number}`) || taken.has(`${name}_${number}`)) number++;
      return copy(tensor, `${name}_${number}`);
    });
    return { ...one, input };
  });
  return { node, added };
}
