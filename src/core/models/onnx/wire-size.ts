import { M2atError } from '../../errors';

/** Everything of a file but raw numbers: nodes, names, shapes, lists of integers. Decoding it costs many times its size. */
const maxDescriptionBytes = 16 * 2 ** 20;

/** Messages in messages: a graph in a graph's node takes three. Whatever decodes them calls itself for each. */
const maxDepth = 64;

/** Messages that can hold numbers or others of their kind, by field. */
type Message = ReadonlyMap<number, Message | 'numbers'>;
// TensorProto: float_data, raw_data, double_data.
const tensor: Message = new Map([4, 9, 10].map((field) => [field, 'numbers'] as const));
// AttributeProto: t, g, tensors, graphs, tp, type_protos. NodeProto: attribute. GraphProto: node, initializer, values.
const attribute = new Map<number, Message>();
const node: Message = new Map([[5, attribute]]);
// TypeProto: sequence, map, optional, each with the type of its elements.
const type = new Map<number, Message>();
const ofElements: Message = new Map([
  [1, type],
  [2, type],
]);
for (const field of [4, 5, 9]) type.set(field, ofElements);
const value: Message = new Map([[2, type]]);
const graph: Message = new Map([
  [1, node],
  [5, tensor],
  ...[11, 12, 13].map((field) => [field, value] as const),
]);
for (const field of [5, 10]) attribute.set(field, tensor);
for (const field of [6, 11]) attribute.set(field, graph);
for (const field of [14, 15]) attribute.set(field, type);
// ModelProto: graph, training information with two, functions with nodes and attributes.
const model: Message = new Map([
  [7, graph],
  [
    20,
    new Map([
      [1, graph],
      [2, graph],
    ]),
  ],
  [
    25,
    new Map([
      [7, node],
      [11, attribute],
    ]),
  ],
]);

/**
 * Refuses a file whose decoding would need many times its size in memory, such as gigabytes of small integers.
 * @throws M2atError `checkpoint` for that, for graphs nested too deep, and for what is no protocol buffer
 */
export function assertDecodable(bytes: Uint8Array, modelFile: string): void {
  const description = bytes.length - numberBytes(bytes, [0, bytes.length], model, modelFile, 1);
  if (description > maxDescriptionBytes) {
    throw new M2atError(
      'checkpoint',
      `${description} bytes besides its weights, at most ${maxDescriptionBytes} can be`,
      {
        where: modelFile,
        hint: 'Store large tensors as raw data or as external data, as torch does.',
      },
    );
  }
}

function numberBytes(
  bytes: Uint8Array,
  [start, end]: readonly [number, number],
  message: Message,
  modelFile: string,
  depth: number,
): number {
  if (depth > maxDepth) {
    throw new M2atError('checkpoint', `its graphs or types are nested more than ${maxDepth} messages deep`, {
      where: modelFile,
    });
  }
  const damaged = (): M2atError =>
    new M2atError('checkpoint', 'no ONNX model: the file is of another format, or was not copied whole', {
      where: modelFile,
      hint: 'Copy or export it again.',
    });
  let position = start;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = position < end ? bytes[position++] : undefined;
      if (byte === undefined) throw damaged();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw damaged();
  };
  let total = 0;
  while (position < end) {
    const tag = varint();
    const field = Math.floor(tag / 8);
    const wireType = tag % 8;
    if (wireType === 0) varint();
    else if (wireType === 1) position += 8;
    else if (wireType === 5) position += 4;
    else if (wireType === 2) {
      const length = varint();
      if (length > end - position) throw damaged();
      const kind = message.get(field);
      if (kind === 'numbers') total += length;
      else if (kind) total += numberBytes(bytes, [position, position + length], kind, modelFile, depth + 1);
      position += length;
    } else throw damaged();
    if (position > end) throw damaged();
  }
  return total;
}
