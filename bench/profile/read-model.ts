import { onnx } from 'onnx-proto';

/** A node of an ONNX model, those of loop bodies included. */
export interface ModelNode {
  readonly op: string;
  readonly inputs: readonly string[];
  /** The first output's name is the node's. */
  readonly outputs: readonly string[];
  /** Of convolutions, 1 where it is absent. */
  readonly group: number;
}

/** All nodes of a serialized model. */
export function readModel(model: Uint8Array): ModelNode[] {
  return nodesOf(onnx.ModelProto.decode(model).graph);
}

function nodesOf(graph: onnx.IGraphProto | null | undefined): ModelNode[] {
  return (graph?.node ?? []).flatMap((node) => {
    const attributes = node.attribute ?? [];
    const group: unknown = attributes.find(({ name }) => name === 'group')?.i;
    return [
      {
        op: node.opType ?? '',
        inputs: node.input ?? [],
        outputs: node.output ?? [],
        group: group === null || group === undefined ? 1 : Number(group),
      },
      ...attributes.flatMap(({ g }) => nodesOf(g)),
    ];
  });
}
