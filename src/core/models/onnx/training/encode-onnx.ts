import { onnx } from 'onnx-proto';
import type { GraphLayer } from '../../graph/graph-layer';
import { fileOrder } from '../../graph/weight-forms';
import { inputKey } from '../../input/input-spec';
import { floatTensor } from './dense-head';
import { inputFileOf } from './onnx-checkpoint';

/**
 * What a network of a graph is saved as: its file with the weights that it has now, which also says what the network takes.
 * @param classNames in the order of its outputs
 */
export function encodeOnnx(layer: GraphLayer, classNames: readonly string[]): Uint8Array {
  const { source, weights, spec } = layer.network;
  const model: onnx.IModelProto = onnx.ModelProto.decode(source);
  const tensors = new Map(
    weights.map((weight) => {
      const { name, shape } = weight;
      const values = layer.weight(name).read().dataSync<'float32'>();
      return [name, floatTensor(name, shape, fileOrder(values, shape, weight))];
    }),
  );
  const graph = model.graph ?? {};
  const initializer = (graph.initializer ?? []).map((tensor) => tensors.get(tensor.name ?? '') ?? tensor);
  const value = JSON.stringify({ ...inputFileOf(spec), classNames });
  const others = (model.metadataProps ?? []).filter(({ key }) => key !== inputKey);
  const saved = {
    ...model,
    graph: { ...graph, initializer },
    metadataProps: [...others, { key: inputKey, value }],
  };
  return onnx.ModelProto.encode(saved).finish();
}
