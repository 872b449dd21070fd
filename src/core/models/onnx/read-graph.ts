import { onnx } from 'onnx-proto';
import { M2atError, messageOf } from '../../errors';
import { readError } from '../../files/open-for-reading';
import { readLimited } from '../../files/read-limited';
import { chooseOutput } from '../choose-output';
import { onnxDialect } from './dialect';
import { imageInput, readDeclaration, readMetadata } from './declaration';
import type { Attribute, Graph, GraphNode, HostArray } from '../graph/graph';
import { inRunningOrder } from '../graph/node-order';
import { toNumber } from './numbers';
import { Budget, readTensor } from './tensor-proto';
import { assertDecodable } from './wire-size';

/** The most that a protocol buffer can have; larger models keep their weights in other files. */
export const maxFileBytes = 2 ** 31 - 1;

const { AttributeType } = onnx.AttributeProto;

/**
 * Reads and decodes an .onnx file.
 * @throws M2atError `checkpoint` when it can't be read or is no ONNX model
 */
export async function readModelProto(modelFile: string): Promise<onnx.IModelProto> {
  const bytes = await readLimited(modelFile, maxFileBytes, { code: 'checkpoint' }).catch((error: unknown) => {
    throw readError(error, modelFile, { code: 'checkpoint' });
  });
  return decodeModelProto(bytes, modelFile);
}

/** What the bytes of an .onnx file hold. @throws M2atError `checkpoint` when they are no ONNX model */
export function decodeModelProto(bytes: Uint8Array, modelFile: string): onnx.IModelProto {
  assertDecodable(bytes, modelFile);
  let model: onnx.IModelProto;
  try {
    model = onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw new M2atError('checkpoint', `no ONNX model (${messageOf(cause)})`, {
      where: modelFile,
      hint: 'The file is of another format, or was not copied whole. Export or copy it again.',
      cause,
    });
  }
  if (!model.graph?.node?.length) {
    throw new M2atError('checkpoint', 'no ONNX model: it has no graph', {
      where: modelFile,
      hint: 'The file is of another format, or was not copied whole. Export or copy it again.',
    });
  }
  return model;
}

/** Version of ONNX's own operators that a model uses. */
export function opsetOf({ opsetImport }: onnx.IModelProto, modelFile: string): number {
  const own = opsetImport?.find(({ domain }) => !domain || domain === 'ai.onnx');
  const version = toNumber(own?.version);
  if (version > 0) return version;
  throw new M2atError('checkpoint', 'no ONNX model: it does not say which opset it uses', {
    where: modelFile,
  });
}

/**
 * Reads an .onnx file: one input, one output, and what lies between them. The file is taken for hostile: nothing
 * outside its folder is read, and nothing is allocated that the files don't cover.
 * @throws M2atError `checkpoint` for whatever is wrong with it, `unsupported` for element types that can't be used
 */
export async function readOnnxGraph(modelFile: string, outputName?: string): Promise<Graph> {
  return graphOf(await readModelProto(modelFile), modelFile, outputName);
}

/** The same of what an .onnx file holds. */
export async function graphOf(
  model: onnx.IModelProto,
  modelFile: string,
  outputName?: string,
): Promise<Graph> {
  const graph = model.graph ?? {};
  const protos = new Map<string, onnx.ITensorProto>();
  for (const proto of graph.initializer ?? []) {
    const name = proto.name ?? '';
    if (protos.has(name))
      throw new M2atError('checkpoint', `two tensors are named ${name}`, { where: modelFile });
    protos.set(name, proto);
  }
  if (graph.sparseInitializer?.length) {
    throw new M2atError('unsupported', 'it has sparse weights', { where: modelFile });
  }
  const declared = (graph.input ?? []).map((info) => readDeclaration(info, modelFile));
  const input = imageInput(declared, (name) => protos.has(name), modelFile);
  const outputs = (graph.output ?? []).map((info) => readDeclaration(info, modelFile));
  const { output, because } = chooseOutput(outputs, outputName, modelFile);
  const budget = new Budget(modelFile);
  const sorted = orderFor(graph.node ?? [], output.name, new Set([input.name, ...protos.keys()]), modelFile);
  const nodes: GraphNode[] = [];
  for (const node of sorted) nodes.push(await readNode(node, budget, modelFile));
  const constants = new Map<string, HostArray>();
  const read = new Set([output.name, ...nodes.flatMap(({ inputs }) => inputs)]);
  for (const [name, proto] of protos) {
    if (read.has(name)) constants.set(name, await readTensor(proto, budget, modelFile));
  }
  return {
    modelFile,
    opset: opsetOf(model, modelFile),
    dialect: onnxDialect,
    nodes,
    constants,
    input,
    output: output.name,
    outputs: { name: output.name, because, all: outputs },
    metadata: readMetadata(model),
  };
}

/**
 * The nodes that the output needs, each after those that it reads: the file's own order where that is one.
 * @param given values that no node makes
 * @throws M2atError `checkpoint` when a value has no origin or two, or when nodes depend on each other in a circle
 */
function orderFor(
  nodes: readonly onnx.INodeProto[],
  output: string,
  given: ReadonlySet<string>,
  modelFile: string,
): onnx.INodeProto[] {
  const makers = new Map<string, onnx.INodeProto>();
  for (const node of nodes) {
    for (const name of node.output ?? []) {
      if (!name) continue;
      if (makers.has(name) || given.has(name)) {
        throw new M2atError('checkpoint', `the value ${name} is made twice`, { where: modelFile });
      }
      makers.set(name, node);
    }
  }
  return inRunningOrder<onnx.INodeProto>(output, {
    inputs: ({ input }) => input ?? [],
    maker: (name) => {
      const node = makers.get(name);
      if (node || given.has(name)) return node;
      throw new M2atError('checkpoint', `nothing makes the value ${name}`, {
        where: modelFile,
        hint: 'The graph is not complete: export it again.',
      });
    },
    circle: (name) =>
      new M2atError('checkpoint', `the value ${name} depends on itself`, { where: modelFile }),
  });
}

async function readNode(node: onnx.INodeProto, budget: Budget, modelFile: string): Promise<GraphNode> {
  const outputs = node.output ?? [];
  const name = [node.name, ...outputs, node.opType].find(Boolean) ?? '';
  const attributes = new Map<string, Attribute>();
  for (const attribute of node.attribute ?? []) {
    const value = await readAttribute(attribute, budget, modelFile);
    if (value !== undefined) attributes.set(attribute.name ?? '', value);
  }
  const domain = !node.domain || node.domain === 'ai.onnx' ? '' : node.domain;
  return { op: node.opType ?? '', domain, name, inputs: node.input ?? [], outputs, attributes };
}

/** Graphs, strings lists and sparse tensors are left out: no op that is supported has them. */
async function readAttribute(
  attribute: onnx.IAttributeProto,
  budget: Budget,
  modelFile: string,
): Promise<Attribute | undefined> {
  switch (attribute.type) {
    case AttributeType.FLOAT:
      return attribute.f ?? 0;
    case AttributeType.INT:
      return toNumber(attribute.i);
    case AttributeType.STRING:
      return new TextDecoder().decode(attribute.s ?? new Uint8Array());
    case AttributeType.FLOATS:
      return attribute.floats ?? [];
    case AttributeType.INTS:
      return (attribute.ints ?? []).map(toNumber);
    case AttributeType.TENSOR:
      return attribute.t ? readTensor(attribute.t, budget, modelFile) : undefined;
    default:
      return undefined;
  }
}
