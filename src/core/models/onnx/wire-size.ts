import { M2atError } from '../../errors';

/** Everything of a file but raw numbers: nodes, names, shapes, lists of integers. Decoding it costs many times its size. */
const maxDescriptionBytes = 16 * 2 ** 20;

/** Messages that can hold numbers, by field: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto. */
type Message = ReadonlyMap<number, Message | 'numbers'>;
// TensorProto: float_data, raw_data, double_data.
const tensor: Message = new Map([4, 9, 10].map((field) => [field, 'numbers'] as const));
const attribute: Message = new Map([[5, tensor]]);
const node: Message = new Map([[5, attribute]]);
const graph: Message = new Map([
  [1, node],
  [5, tensor],
]);
const model: Message = new Map([[7, graph]]);

/**
 * Refuses a file whose decoding would need many times its size in memory, such as gigabytes of small integers.
 * @throws M2atError `checkpoint` for that, and for what is no protocol buffer
 */
export function assertDecodable(bytes: Uint8Array, file: string): void {
  const description = bytes.length - numberBytes(bytes, 0, bytes.length, model, file);
  if (description > maxDescriptionBytes) {
    throw new M2atError(
      'checkpoint',
      `${description} bytes besides its weights, at most ${maxDescriptionBytes} can be`,
      {
        where: file,
        hint: 'Store large tensors as raw data or as external data, as torch does.',
      },
    );
  }
}

function numberBytes(bytes: Uint8Array, start: number, end: number, message: Message, file: string): number {
  const damaged = (): M2atError =>
    new M2atError('checkpoint', 'no ONNX model: the file is of another format, or was not copied whole', {
      where: file,
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
      else if (kind) total += numberBytes(bytes, position, position + length, kind, file);
      position += length;
    } else throw damaged();
    if (position > end) throw damaged();
  }
  return total;
}
