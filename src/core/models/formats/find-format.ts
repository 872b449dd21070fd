import path from 'node:path';
import { withOpenFile } from '../../files/open-for-reading';
import { readAtMost } from '../../files/read-exactly';
import { findModelFile } from '../model-json';
import type { FormatDefinition } from './define-format';

type Formats = readonly FormatDefinition[];

const HEAD_BYTES = 64 << 10;

/** The format of a file, by its extension and its first bytes; undefined where it is of none, or can't be read. */
export async function sniffFormat(formats: Formats, file: string): Promise<FormatDefinition | undefined> {
  const named = namedAs(formats, file);
  const head = named.length > 0 ? await readHead(file) : undefined;
  return head && named.find(({ sniff }) => sniff(head));
}

/** The format that opens a file: one that knows its extension says best what is wrong where none recognises the content. */
export async function formatOf(formats: Formats, file: string): Promise<FormatDefinition> {
  const format = (await sniffFormat(formats, file)) ?? namedAs(formats, file)[0] ?? formats[0];
  if (!format) throw new RangeError('There are no formats.');
  return format;
}

/**
 * Absolute path of the file that a checkpoint is read from.
 * @param checkpoint a file of one of these formats, or a folder that holds a `model.json`
 * @throws M2atError `checkpoint` when there is none
 */
export async function modelFileOf(formats: Formats, checkpoint: string): Promise<string> {
  const isFile = formats.some(
    (format) => hasOwnExtension(format) && namedAs([format], checkpoint).length > 0,
  );
  return isFile ? path.resolve(checkpoint) : findModelFile(checkpoint);
}

/** Formats whose files have this file's extension. */
export function namedAs(formats: Formats, file: string): Formats {
  const extension = path.extname(file).toLowerCase();
  return formats.filter(({ files }) => path.extname(files.pattern) === extension);
}

/** Whether the extension alone says that a file is meant to be one; of `model.json` it says little. */
export function hasOwnExtension({ files }: FormatDefinition): boolean {
  return files.pattern.startsWith('*');
}

/** Undefined for what is no file, or went away. */
async function readHead(file: string): Promise<Uint8Array | undefined> {
  const head = withOpenFile(file, {}, async ({ handle, size }) => {
    const bytes = Buffer.alloc(Math.min(size, HEAD_BYTES));
    return bytes.subarray(0, await readAtMost(handle, bytes, 0));
  });
  return head.catch(() => undefined);
}
