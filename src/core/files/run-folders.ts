import path from 'node:path';

/** Where the runs of a root are, below it. */
export const RUNS_PATH = ['.m2at', 'runs'] as const;

/** Names what {@link allowRunFolders} would be given, with the system's separator between paths. */
export const RUN_FOLDERS_VARIABLE = 'M2AT_RUN_FOLDERS';

/** The `.m2at/runs/<id>` that a path lies in, or is; undefined for one that lies in no run. */
export function runFolderOf(file: string): string | undefined {
  const parts = path.resolve(file).split(path.sep);
  const [top, below] = RUNS_PATH;
  const at = parts.findLastIndex((part, i) => part === top && parts[i + 1] === below);
  return at < 0 || parts.length < at + 3 ? undefined : parts.slice(0, at + 3).join(path.sep);
}

let named: readonly string[] | undefined;

/**
 * Says in which folders runs may be kept, although `.m2at` or `.m2at/runs` of a root are links to there. Only what the
 * user said outside of any workspace may come here; without it, it is what the environment says.
 */
export function allowRunFolders(folders: readonly string[] | undefined): void {
  named = folders;
}

/** Absolute paths; entries that are none don't count. */
export function allowedRunFolders(environment: NodeJS.ProcessEnv = process.env): string[] {
  const folders = named ?? (environment[RUN_FOLDERS_VARIABLE] ?? '').split(path.delimiter);
  return folders.filter((folder) => path.isAbsolute(folder));
}
