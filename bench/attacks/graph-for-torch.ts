import { writeFile } from 'node:fs/promises';
import type { Attribute, HostArray } from '../../src/core/models/graph/graph';
import { readOnnxGraph } from '../../src/core/models/onnx/read-graph';

/** An ONNX graph as `attack_peer.py` takes it. */
export interface TorchGraph {
  /** Little-endian float32: the tensors one after the other. */
  readonly file: string;
  readonly nodes: readonly {
    readonly op: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly attributes: Readonly<Record<string, Attribute>>;
  }[];
  readonly tensors: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly dtype: HostArray['dtype'];
  }[];
  readonly input: string;
  readonly output: string;
}

/** Reads an `.onnx` and writes its tensors to `file`: Python reads them without the `onnx` package. */
export async function graphForTorch(onnx: string, file: string): Promise<TorchGraph> {
  const graph = await readOnnxGraph(onnx);
  const tensors = new Map<string, HostArray>(graph.constants);
  const nodes: TorchGraph['nodes'][number][] = [];
  for (const { op, inputs, outputs, attributes } of graph.nodes) {
    const value = attributes.get('value');
    const [name] = outputs;
    if (op === 'Constant' && typeof value === 'object' && 'dtype' in value && name !== undefined)
      tensors.set(name, value);
    else nodes.push({ op, inputs, outputs, attributes: Object.fromEntries(attributes) });
  }
  const values = [...tensors.values()].map(({ data }) => Buffer.from(Float32Array.from(data).buffer));
  await writeFile(file, Buffer.concat(values));
  return {
    file,
    nodes,
    tensors: [...tensors].map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
    input: graph.input.name,
    output: graph.output,
  };
}
