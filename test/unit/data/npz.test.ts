import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listNpz } from '../../../src/core/data/npz';
import { openNpy, openNpzMember, readRows, type StoredArray } from '../../../src/core/data/stored-array';
import { readLabels } from '../../../src/core/data/stored-labels';
import { M2atError } from '../../../src/core/errors';
import { picture, referenceFiles } from './reference-files';
import { inTemporaryFolder } from './support';
import { npy, zip, type ZipMember } from './zip-file';

async function member(file: string, name: string): Promise<StoredArray> {
  const found = (await listNpz(file)).get(name);
  assert.ok(found, name);
  return openNpzMember(found);
}

async function rowsOf(array: StoredArray, count = array.header.shape[0] ?? 0): Promise<Uint8Array> {
  const rows: Uint8Array[] = [];
  await readRows(array, count, (bytes) => rows.push(bytes.slice()));
  return Buffer.concat(rows);
}

/** Three images of four bytes. */
const values = Uint8Array.from({ length: 12 }, (_, n) => n);
const content = npy('|u1', [3, 2, 2], values);
const entry = (changes: Partial<ZipMember> = {}): ZipMember => ({ name: 'x.npy', content, ...changes });

describe('arrays in a .npz', () => {
  it('are as NumPy stored them', async () => {
    const file = path.join(referenceFiles, 'keras.npz');
    assert.deepEqual([...(await listNpz(file)).keys()], ['x_train', 'y_train', 'x_test', 'y_test']);
    const array = await member(file, 'x_test');
    assert.deepEqual(
      [array.header.type, array.header.shape, array.part.packed],
      ['|u1', [8, 8, 8, 3], undefined],
    );
    assert.deepEqual(await rowsOf(array, 2), Buffer.concat([picture(12, 8, 3), picture(13, 8, 3)]));
    const labels = await readLabels(await member(file, 'y_test'), 8);
    assert.deepEqual([...labels], [0, 1, 2, 0, 1, 2, 0, 1]);
  });

  it('are as NumPy compressed them', async () => {
    const array = await member(path.join(referenceFiles, 'colour.npz'), 'test_images');
    assert.deepEqual([array.header.shape, array.part.packed], [[4, 28, 28, 3], 'deflate']);
    assert.deepEqual((await rowsOf(array)).subarray(-28 * 28 * 3), Buffer.from(picture(12, 28, 3)));
  });

  for (const method of [0, 8]) {
    for (const zip64 of [false, true]) {
      it(`are read with method ${method}${zip64 ? ' and 64-bit sizes' : ''}`, async () => {
        await inTemporaryFolder(async (folder) => {
          const file = path.join(folder, 'set.npz');
          const note = { name: 'readme.txt', content: Buffer.from('passed over') };
          await writeFile(file, zip([note, entry({ method, zip64 })]));
          assert.deepEqual([...(await listNpz(file)).keys()], ['x']);
          const array = await member(file, 'x');
          assert.deepEqual([...(await rowsOf(array))], [...values]);
          assert.deepEqual([...(await rowsOf(array, 2))], [...values.subarray(0, 8)]);
        });
      });
    }
  }

  it('that are damaged, lie about themselves or are packed in another way are refused in words', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'set.npz');
      const refused = async (bytes: Uint8Array, message: RegExp): Promise<void> => {
        await writeFile(file, bytes);
        await assert.rejects(
          member(file, 'x').then((array) => rowsOf(array)),
          (error: unknown) => {
            assert.ok(error instanceof M2atError, String(error));
            assert.equal(error.code, 'data');
            assert.match(error.message, message);
            return true;
          },
        );
      };
      await refused(Buffer.from('no zip at all, but long enough for one'), /no \.npz file that can be read/);
      await refused(zip([entry()]).subarray(0, 150), /no \.npz file that can be read/);
      await refused(zip([entry({ said: { flags: 1 } })]), /encrypted|can be read/);
      await refused(zip([entry({ method: 12 })]), /x\.npy is packed by method 12/);
      await refused(zip([entry({ content: Buffer.from('something else') })]), /x: no \.npy file/);
      const inflated = { method: 8, said: { size: content.length + 4 } };
      await refused(zip([entry(inflated)]), /longer than its header says/);
      await refused(zip([entry({ said: { crc: 1 } })]), /its CRC-32 is another one/);
      await refused(zip([entry({ method: 8, said: { crc: 1 } })]), /its CRC-32 is another one/);
      const more = Buffer.concat([content, Buffer.alloc(2 ** 20)]);
      await refused(
        zip([entry({ content: more, method: 8, said: { size: content.length } })]),
        /longer than its header says/,
      );
      const less = npy('|u1', [3, 2, 2], values.subarray(0, 5));
      await refused(
        zip([entry({ content: less, method: 8, said: { size: content.length } })]),
        /ends (early|after)/,
      );
      const many = Array.from({ length: 1001 }, (_, n) => entry({ name: `${n}.npy` }));
      await refused(zip(many), /1001 members; at most 1000 are read/);
      await assert.rejects(listNpz(path.join(folder, 'none.npz')), /the file is missing/);
    });
  });

  it('of one file are read alike; more or less than its header says is refused', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'x.npy');
      await writeFile(file, content);
      assert.deepEqual([...(await rowsOf(await openNpy(file)))], [...values]);
      await writeFile(file, content.subarray(0, content.length - 1));
      await assert.rejects(openNpy(file), /truncated: 139 bytes, expected 140/);
      await writeFile(file, Buffer.concat([content, content]));
      await assert.rejects(openNpy(file), /longer than its header says/);
    });
  });

  it('have labels that are whole numbers of classes, one an image', async () => {
    await inTemporaryFolder(async (folder) => {
      const file = path.join(folder, 'y.npy');
      const labels = async (bytes: Uint8Array, images: number): Promise<Int32Array> => {
        await writeFile(file, bytes);
        return readLabels(await openNpy(file), images, { count: 5, said: 'There are five classes' });
      };
      assert.deepEqual([...(await labels(npy('|u1', [3, 1], Uint8Array.of(4, 0, 2)), 3))], [4, 0, 2]);
      const halves = Buffer.from(Float32Array.of(1, 2.5).buffer);
      await assert.rejects(labels(npy('<f4', [2], halves), 2), /label 1 is 2\.5/);
      await assert.rejects(
        labels(npy('|i1', [2], Uint8Array.of(1, 255)), 2),
        /label 1 is -1[^]*There are five classes: labels are whole numbers from 0 to 4/,
      );
      await assert.rejects(labels(npy('|u1', [2], Uint8Array.of(1, 5)), 2), /label 1 is 5/);
      await assert.rejects(labels(npy('|u1', [2], Uint8Array.of(1, 2)), 3), /2 labels for 3 images/);
      await assert.rejects(labels(npy('|u1', [1, 5], new Uint8Array(5)), 1), /no list of labels/);
    });
  });
});
