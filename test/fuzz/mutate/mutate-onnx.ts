import { onnx } from 'onnx-proto';
import type { Random } from '../../../src/core/random';
import { toNumber } from '../../../src/core/models/onnx/numbers';
import { supportedOps } from '../../../src/core/models/graph/operators';
import { edges, howMany, pick } from './mutate-bytes';

const { AttributeType } = onnx.AttributeProto;
const attributeTypes = Object.values(AttributeType).filter((type) => typeof type === 'number');

/** Operators that ONNX Runtime runs and the importer does not: random, with graphs inside, of sequences, of any shape. */
const otherOps: readonly string[] = [
  ...['RandomNormalLike', 'RandomUniform', 'Multinomial', 'Bernoulli', 'Loop', 'If', 'Scan', 'LSTM', 'GRU'],
  ...[
    'NonZero',
    'TopK',
    'Unique',
    'Compress',
    'ScatterND',
    'GatherND',
    'ScatterElements',
    'OneHot',
    'CumSum',
  ],
  ...[
    'Einsum',
    'GridSample',
    'RoiAlign',
    'MaxRoiPool',
    'NonMaxSuppression',
    'Det',
    'EyeLike',
    'Range',
    'LRN',
  ],
  ...['ConvTranspose', 'MaxUnpool', 'LpPool', 'GlobalLpPool', 'QuantizeLinear', 'QLinearConv', 'ConvInteger'],
  ...[
    'SequenceInsert',
    'SplitToSequence',
    'StringNormalizer',
    'TfIdfVectorizer',
    'DFT',
    'STFT',
    'Trilu',
    'Mod',
  ],
  ...[
    'MatMulInteger',
    'InstanceNormalization',
    'GroupNormalization',
    'CenterCropPad',
    'Col2Im',
    'AffineGrid',
  ],
];

const locations: readonly string[] = [
  ...[
    '../weights.bin',
    '/etc/passwd',
    'C:\\weights.bin',
    '..\\weights.bin',
    '.',
    '',
    'model.onnx',
    'weights.bin',
  ],
  ...['a/../../weights.bin', 'no-such-file', 'a\0b', '\\\\host\\share\\x', 'file:///etc/passwd', 'NUL'],
];

type Edit = (model: onnx.IModelProto, random: Random) => void;

const nodesOf = ({ graph }: onnx.IModelProto): onnx.INodeProto[] => graph?.node ?? [];
const tensorsOf = ({ graph }: onnx.IModelProto): onnx.ITensorProto[] => [
  ...(graph?.initializer ?? []),
  ...(graph?.node ?? []).flatMap(({ attribute }) => (attribute ?? []).flatMap(({ t }) => (t ? [t] : []))),
];

/** A list without one of its members, with one twice, with two exchanged, or with one more. */
function shuffled<T>(list: readonly T[], random: Random, other: () => T): T[] {
  const changed = [...list];
  const [a, b] = [random.int(list.length + 1), random.int(list.length + 1)];
  const [first, second] = [list[a], list[b]];
  switch (random.int(4)) {
    case 0:
      changed.splice(a, 1);
      break;
    case 1:
      if (second !== undefined) changed.splice(a, 0, second);
      break;
    case 2:
      if (first !== undefined && second !== undefined) {
        changed[a] = second;
        changed[b] = first;
      }
      break;
    default:
      changed.splice(a, 0, other());
  }
  return changed;
}

const someTensor =
  (change: (tensor: onnx.ITensorProto, random: Random) => void): Edit =>
  (model, random) => {
    const tensors = tensorsOf(model);
    if (tensors.length > 0) change(pick(random, tensors), random);
  };
const someNode =
  (change: (node: onnx.INodeProto, random: Random, model: onnx.IModelProto) => void): Edit =>
  (model, random) => {
    const nodes = nodesOf(model);
    if (nodes.length > 0) change(pick(random, nodes), random, model);
  };
const someAttribute =
  (change: (attribute: onnx.IAttributeProto, random: Random) => void): Edit =>
  (model, random) => {
    const attributes = nodesOf(model).flatMap(({ attribute }) => attribute ?? []);
    if (attributes.length > 0) change(pick(random, attributes), random);
  };
const someValue =
  (change: (info: onnx.IValueInfoProto, random: Random) => void): Edit =>
  (model, random) => {
    const values = [...(model.graph?.input ?? []), ...(model.graph?.output ?? [])];
    if (values.length > 0) change(pick(random, values), random);
  };

const edits: Readonly<Record<string, Edit>> = {
  'dims of a tensor': someTensor((tensor, random) => {
    tensor.dims = shuffled(tensor.dims ?? [], random, () => pick(random, edges));
  }),
  'a dim of a tensor': someTensor((tensor, random) => {
    const dims = (tensor.dims ?? []).map(toNumber);
    if (dims.length > 0) dims[random.int(dims.length)] = pick(random, edges);
    tensor.dims = dims;
  }),
  'type of a tensor': someTensor((tensor, random) => {
    tensor.dataType = random.int(24);
  }),
  'name of a tensor': someTensor((tensor, random) => {
    tensor.name = pick(random, ['', 'x', 'y', 'logits', `${tensor.name ?? ''}2`]);
  }),
  'data of a tensor': someTensor((tensor, random) => {
    const raw = tensor.rawData ?? new Uint8Array();
    tensor.rawData = random.int(2)
      ? raw.slice(0, random.int(raw.length + 1))
      : new Uint8Array(raw.length).fill(255);
  }),
  'lists of numbers': someTensor((tensor, random) => {
    tensor.rawData = new Uint8Array();
    const list = Array.from({ length: random.int(40) }, () => pick(random, edges));
    const int32 = list.map((value) => value | 0);
    Object.assign(
      tensor,
      pick(random, [{ floatData: list }, { int32Data: int32 }, { int64Data: list }, { doubleData: list }]),
    );
  }),
  'external data': someTensor((tensor, random) => {
    tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    const entries: Record<string, string> = { location: pick(random, locations) };
    if (random.int(2)) entries.offset = `${pick(random, edges)}`;
    if (random.int(2)) entries.length = `${pick(random, [...edges, 1e30, 0.5])}`;
    tensor.externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    if (random.int(2)) tensor.rawData = new Uint8Array();
  }),
  'op of a node': someNode((node, random) => {
    node.opType = pick(random, supportedOps('onnx'));
  }),
  'op that is not understood': someNode((node, random) => {
    node.opType = pick(random, otherOps);
  }),
  'domain of a node': someNode((node, random) => {
    node.domain = pick(random, ['ai.onnx', 'ai.onnx.ml', 'com.microsoft', 'nowhere']);
  }),
  'inputs of a node': someNode((node, random, model) => {
    node.input = shuffled(node.input ?? [], random, () =>
      pick(random, [...valueNames(model), '', 'nothing']),
    );
  }),
  'an input of a node': someNode((node, random, model) => {
    const input = [...(node.input ?? [])];
    if (input.length > 0) input[random.int(input.length)] = pick(random, valueNames(model));
    node.input = input;
  }),
  'outputs of a node': someNode((node, random, model) => {
    node.output = shuffled(node.output ?? [], random, () =>
      pick(random, [...valueNames(model), 'another', '']),
    );
  }),
  'attributes of a node': someNode((node, random, model) => {
    const others = nodesOf(model).flatMap(({ attribute }) => attribute ?? []);
    node.attribute = shuffled(node.attribute ?? [], random, () => ({
      name: 'axis',
      type: AttributeType.INT,
      i: 1,
      ...(others.length ? pick(random, others) : {}),
    }));
  }),
  'integers of an attribute': someAttribute((attribute, random) => {
    if (attribute.type === AttributeType.INT) attribute.i = pick(random, edges);
    const ints = (attribute.ints ?? []).map(toNumber);
    if (ints.length > 0) ints[random.int(ints.length)] = pick(random, edges);
    attribute.ints = random.int(2) ? ints : shuffled(ints, random, () => pick(random, edges));
  }),
  'number of an attribute': someAttribute((attribute, random) => {
    attribute.f = pick(random, [0, -1, NaN, Infinity, -Infinity, 3e38, 1e-40]);
  }),
  'text of an attribute': someAttribute((attribute, random) => {
    if (attribute.type === AttributeType.STRING)
      attribute.s = new TextEncoder().encode(pick(random, ['', 'SAME_LOWER', 'edge', 'linear', '\0']));
  }),
  'type of an attribute': someAttribute((attribute, random) => {
    attribute.type = pick(random, attributeTypes);
  }),
  nodes: (model, random) => {
    if (model.graph)
      model.graph.node = shuffled(nodesOf(model), random, () => ({
        opType: pick(random, supportedOps('onnx')),
        input: ['x'],
        output: ['y'],
      }));
  },
  tensors: (model, random) => {
    if (model.graph)
      model.graph.initializer = shuffled(model.graph.initializer ?? [], random, () => ({
        name: 'x',
        dims: [1],
        dataType: 1,
        floatData: [1],
      }));
  },
  'inputs and outputs': (model, random) => {
    const { graph } = model;
    if (!graph) return;
    const info = (): onnx.IValueInfoProto => ({ name: pick(random, valueNames(model)) });
    if (random.int(2)) graph.input = shuffled(graph.input ?? [], random, info);
    else graph.output = shuffled(graph.output ?? [], random, info);
  },
  'shape of an input or output': someValue(({ type }, random) => {
    const dims = type?.tensorType?.shape?.dim ?? [];
    if (dims.length > 0)
      dims[random.int(dims.length)] = pick(random, [
        {},
        { dimParam: 'n' },
        ...edges.map((dimValue) => ({ dimValue })),
      ]);
  }),
  'rank of an input or output': someValue((info, random) => {
    const dim = info.type?.tensorType?.shape?.dim ?? [];
    info.type = {
      tensorType: { elemType: 1, shape: { dim: shuffled(dim, random, () => ({ dimValue: 2 })) } },
    };
  }),
  'type of an input or output': someValue((info, random) => {
    info.type = { tensorType: { ...info.type?.tensorType, elemType: random.int(24) } };
  }),
  opset: (model, random) => {
    model.opsetImport = pick(random, [
      [],
      [{ version: pick(random, edges) }],
      [{ domain: '', version: 7 + random.int(20) }],
    ]);
  },
  'version of the format': (model, random) => {
    model.irVersion = pick(random, edges);
  },
  'a graph in a node': someNode((node, random, { graph }) => {
    const copy: onnx.IGraphProto = {
      ...graph,
      node: (graph?.node ?? []).slice(0, 3).map((inner) => ({ ...inner, attribute: [] })),
    };
    node.attribute = [
      ...(node.attribute ?? []),
      { name: pick(random, ['body', 'then_branch', 'g']), type: AttributeType.GRAPH, g: copy },
    ];
    if (random.int(2)) node.opType = pick(random, ['Loop', 'If', 'Scan']);
  }),
};

function valueNames(model: onnx.IModelProto): string[] {
  const { graph } = model;
  const all = [...(graph?.input ?? []), ...(graph?.initializer ?? [])].map(({ name }) => name ?? '');
  return ['x', 'y', ...all, ...nodesOf(model).flatMap(({ output }) => output ?? [])];
}

/** One to three edits of a model's own parts. */
export function mutateOnnx(bytes: Uint8Array, random: Random): { bytes: Buffer; label: string } {
  if (random.int(60) === 0) return deepGraph(10 ** (1 + random.int(5)));
  const model: onnx.IModelProto = onnx.ModelProto.decode(bytes);
  const labels: string[] = [];
  for (let times = howMany(random); times > 0; times--) {
    const [label, edit] = pick(random, Object.entries(edits));
    labels.push(label);
    edit(model, random);
  }
  const written = onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish();
  return { bytes: Buffer.from(written), label: labels.join(', ') };
}

/** Graphs in attributes of nodes of graphs, as deep as said. */
function deepGraph(depth: number): { bytes: Buffer; label: string } {
  // GraphProto.node, NodeProto.attribute, AttributeProto.g; from the inside out.
  const headers: Buffer[] = [];
  let length = 0;
  for (let level = 0; level < depth; level++) {
    for (const field of [6, 5, 1]) {
      const header = Buffer.concat([Buffer.from([8 * field + 2]), varint(length)]);
      headers.push(header);
      length += header.length;
    }
  }
  headers.push(Buffer.concat([Buffer.from([8 * 7 + 2]), varint(length)]));
  return { bytes: Buffer.concat(headers.reverse()), label: `graphs ${depth} deep` };
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
