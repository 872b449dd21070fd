import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { M2atError } from '../errors';
import { readError, withOpenFile, type OpenFile } from '../files/open-for-reading';
import { readExactly } from '../files/read-exactly';
import type { WeightGroup } from './weights-manifest';

/** Weights of more bytes are refused before anything is allocated: 2^29 numbers. */
export const maxWeightBytes = 2 ** 31;

/** The files of a group, for errors. */
export function shardsOf({ paths }: WeightGroup, modelFile: string): string {
  return paths.map((shard) => path.join(path.dirname(modelFile), shard)).join(', ');
}

/**
 * The bytes of shards, one after the other.
 * @param shards as the manifest names them
 * @param expected their total; nothing is allocated when the files have another
 */
export async function readShardBytes(
  shards: readonly string[],
  expected: number,
  modelFile: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const files: string[] = [];
  for (const shard of shards) files.push(await shardPath(shard, modelFile));
  return readShards(files, expected, modelFile);
}

/**
 * The file of a shard, which has to lie in the model's folder, also after links are followed.
 * @param field what names the shard, for errors
 */
export async function shardPath(
  shard: string,
  modelFile: string,
  field = 'weightsManifest.paths',
): Promise<string> {
  const where = `${modelFile}: ${field}`;
  const parts = shard.split(/[\\/]/);
  // Windows's absolute paths, drives and streams are refused everywhere: a checkpoint travels.
  if (shard.includes('\0') || shard.includes(':') || parts[0] === '' || parts.includes('..')) {
    throw new M2atError('checkpoint', `${JSON.stringify(shard)} points outside the model's folder`, {
      where,
      hint: 'Weight files have to lie beside the model or below it. Do not use a checkpoint that you do not trust.',
    });
  }
  const folder = await realpath(path.dirname(modelFile));
  const named = path.join(folder, ...parts);
  let actual: string;
  try {
    actual = await realpath(named);
  } catch (error) {
    throw new M2atError('checkpoint', `the weight file ${shard} is missing`, {
      where: named,
      hint: 'Copy the weight files along with the model.',
      cause: error,
    });
  }
  const relative = path.relative(folder, actual);
  if (relative === '' || relative.split(path.sep)[0] === '..' || path.isAbsolute(relative)) {
    throw new M2atError('checkpoint', `the link ${JSON.stringify(shard)} leads outside the model's folder`, {
      where,
      hint: 'Replace the link by the file itself.',
    });
  }
  return actual;
}

async function readShards(
  files: readonly string[],
  expected: number,
  modelFile: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const sizes: number[] = [];
  for (const file of files) sizes.push(await withFile(file, ({ size }) => Promise.resolve(size)));
  const actual = sizes.reduce((sum, size) => sum + size, 0);
  if (actual !== expected) {
    throw new M2atError('checkpoint', `${actual} bytes, but the manifest of the model declares ${expected}`, {
      where: files.join(', '),
      hint:
        actual < expected
          ? `A weight file is truncated, or one is missing in ${modelFile}. Copy it again.`
          : `The weight files are not those of ${modelFile}.`,
    });
  }
  const bytes = new Uint8Array(expected);
  let offset = 0;
  for (const [index, file] of files.entries()) {
    const part = bytes.subarray(offset, offset + (sizes[index] ?? 0));
    await withFile(file, ({ handle }) => readExactly(handle, part, 0, file, { code: 'checkpoint' }));
    offset += part.length;
  }
  return bytes;
}

/** Opens a file of a model for reading. @throws M2atError `checkpoint` when there is none, or it can't be read */
export async function withFile<T>(file: string, use: (opened: OpenFile) => Promise<T>): Promise<T> {
  try {
    return await withOpenFile(file, { code: 'checkpoint' }, use);
  } catch (error) {
    throw readError(error, file, { code: 'checkpoint' });
  }
}

export function assertFinite(values: Float32Array, name: string, where: string): void {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index >= 0) {
    throw new M2atError('checkpoint', `weight ${name} holds ${values[index] ?? 'NaN'} at ${index}`, {
      where,
      hint: 'The training that wrote it diverged. Use an earlier checkpoint, or train with a lower learning rate.',
    });
  }
}
