import path from 'node:path';
import * as z from 'zod';
import { isTemporary } from '../files/atomic-file';
import { readJson } from '../files/json';
import { namesIn } from '../files/list-folder';
import { removeFile } from '../files/own-file';
import { description } from '../records/run-paths';

/** Of a `model.json`. */
export const MAX_DESCRIPTION_BYTES = 2 ** 26;

/**
 * Removes shards that no checkpoint of the folder names, and temporary files. Where a description can't be read, all
 * shards stay.
 * @param isOld whether a file is no work of a moment ago
 */
export async function removeUnnamed(
  folder: string,
  isOld: (file: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const names = await namesIn(folder);
  const kept = await namedFiles(folder, names);
  for (const name of names) {
    const unnamed =
      kept && /^((weights|optimizer)-[\w-]+\.bin|network-[\w-]+\.onnx)$/.test(name) && !kept.has(name);
    // A reader on Windows may hold an old shard open: it goes with the next checkpoint.
    if (!unnamed && !isTemporary(name)) continue;
    const file = path.join(folder, name);
    if (await isOld(file)) await removeFile(file).catch(() => undefined);
  }
}

const naming = z.object({
  weightsManifest: z.array(z.object({ paths: z.array(z.string()) })),
  userDefinedMetadata: z.object({ optimizerFile: z.string() }),
});

/** The shards of the checkpoints of a folder; undefined where one of them can't be read. */
async function namedFiles(folder: string, names: readonly string[]): Promise<Set<string> | undefined> {
  const files = new Set<string>();
  try {
    for (const name of [description.latest, description.previous]) {
      if (!names.includes(name)) continue;
      const json = await readJson(path.join(folder, name), MAX_DESCRIPTION_BYTES);
      const { weightsManifest, userDefinedMetadata } = naming.parse(json);
      for (const file of weightsManifest.flatMap(({ paths }) => paths)) files.add(file);
      files.add(userDefinedMetadata.optimizerFile);
    }
    return files;
  } catch {
    return undefined;
  }
}
