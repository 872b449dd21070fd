import { deflateSync } from 'node:zlib';

export interface MatVariable {
  readonly name: string;
  readonly dimensions: readonly number[];
  /** How the values are stored: 2 bytes, 9 doubles. */
  readonly type: number;
  readonly values: Buffer;
}

function element(type: number, content: Buffer): Buffer {
  const tag = Buffer.alloc(8);
  if (content.length > 0 && content.length <= 4) {
    tag.writeUInt16LE(type, 0);
    tag.writeUInt16LE(content.length, 2);
    content.copy(tag, 4);
    return tag;
  }
  tag.writeUInt32LE(type, 0);
  tag.writeUInt32LE(content.length, 4);
  return Buffer.concat([tag, content, Buffer.alloc((8 - (content.length % 8)) % 8)]);
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [n, value] of values.entries()) bytes.writeInt32LE(value, 4 * n);
  return bytes;
}

function matrix({ name, dimensions, type, values }: MatVariable): Buffer {
  return element(
    14,
    Buffer.concat([
      element(6, numbers([type === 9 ? 6 : 9, 0])),
      element(5, numbers(dimensions)),
      element(1, Buffer.from(name)),
      element(type, values),
    ]),
  );
}

/** A MATLAB file of level 5. @param packed whether each variable is compressed */
export function mat(variables: readonly MatVariable[], packed: boolean): Buffer {
  const header = Buffer.alloc(128, ' ');
  header.write('MATLAB 5.0 MAT-file, Platform: test', 0);
  header.fill(0, 116, 124);
  header.set([0, 1, 0x49, 0x4d], 124);
  const parts = variables.map((variable) => {
    const bytes = matrix(variable);
    if (!packed) return bytes;
    const content = deflateSync(bytes);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(content.length, 4);
    return Buffer.concat([tag, content]);
  });
  return Buffer.concat([header, ...parts]);
}
