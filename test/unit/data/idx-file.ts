/** An IDX file of unsigned bytes. */
export function idx(shape: readonly number[], values: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  for (const [n, length] of shape.entries()) header.writeUInt32BE(length, 4 + 4 * n);
  return Buffer.concat([header, values]);
}
