import { onnx } from 'onnx-proto';
import type { Attribute, Graph, GraphNode, Initializer, Subgraph, TypedName } from './graph';
import { NCHWC } from './graph';

const { AttributeType } = onnx.AttributeProto;

/** ONNX's numbers for element types (TensorProto.DataType). */
export const elementType = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;

/** Serializes a graph as an ONNX model (IR 8, opset 17; ONNX Runtime's blocked-layout domain included). */
export function encodeOnnxModel(graph: Graph): Uint8Array {
  return onnx.ModelProto.encode(
    onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [
        { domain: '', version: 17 },
        { domain: 'com.microsoft', version: 1 },
        ...(usesBlocked(graph) ? [{ domain: NCHWC, version: 1 }] : []),
      ],
      graph: graphProto('program', graph, graph.initializers),
    }),
  ).finish();
}

function usesBlocked({ nodes }: Subgraph): boolean {
  return nodes.some((node) => node.domain === NCHWC || (node.body !== undefined && usesBlocked(node.body)));
}

function graphProto(name: string, graph: Subgraph, initializers: readonly Initializer[]): onnx.IGraphProto {
  return {
    name,
    node: graph.nodes.map(nodeProto),
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    initializer: initializers.map((initializer) => ({
      name: initializer.name,
      dims: [...initializer.shape],
      dataType: elementType[initializer.dtype],
      rawData: initializer.bytes,
    })),
  };
}

function nodeProto(node: GraphNode): onnx.INodeProto {
  const attribute = Object.entries(node.attributes).map(([name, value]) => attributeProto(name, value));
  if (node.body)
    attribute.push({ name: 'body', type: AttributeType.GRAPH, g: graphProto('body', node.body, []) });
  return {
    opType: node.op,
    domain: node.domain,
    name: node.outputs[0] ?? '',
    input: node.inputs,
    output: node.outputs,
    attribute,
  };
}

function attributeProto(name: string, value: Attribute): onnx.IAttributeProto {
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: value };
  if (typeof value === 'string')
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: AttributeType.FLOAT, f: value.float };
  return { name, type: AttributeType.INTS, ints: [...value] };
}

function valueInfo({ name, dtype, shape }: TypedName): onnx.IValueInfoProto {
  return {
    name,
    type: {
      tensorType: {
        elemType: elementType[dtype],
        ...(shape ? { shape: { dim: shape.map((dimension) => ({ dimValue: dimension })) } } : {}),
      },
    },
  };
}
