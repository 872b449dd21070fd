// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- this program's own bundle and its source map
import { readFileSync } from 'node:fs';
import { SourceMap, findSourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { currentScope } from './scope';

/** How deep the stack is outside of the program that is being traced; undefined while none is. */
let outerFrames: number | undefined;

/** Runs the code of a program: what is on the stack inside of `run` belongs to it. */
export function asProgram<T>(run: () => T): T {
  const previous = outerFrames;
  outerFrames = stack().length;
  try {
    return run();
  } finally {
    outerFrames = previous;
  }
}

/**
 * Where the program that is being traced is now, for the details of an error: `model.ts:42 (conv2)`, the innermost
 * line of the program's own code and the enclosing scope. Empty where neither is known: outside of a program, and in
 * bundles without source maps. Slow, so for errors only.
 */
export function programPlace(): { where?: string } {
  const scope = currentScope();
  const line = programLine();
  if (line === undefined) return scope ? { where: scope } : {};
  return { where: scope ? `${line} (${scope})` : line };
}

function programLine(): string | undefined {
  if (outerFrames === undefined) return undefined;
  const frames = stack();
  const own = frames[0] && positionOf(frames[0]);
  // Bundled and without a source map, the engine can't be told from the code around it.
  const engine = own?.file.startsWith(path.join(path.dirname(own.file), 'program-place.'))
    ? path.dirname(path.dirname(own.file)) + path.sep
    : undefined;
  for (const frame of frames.slice(0, frames.length - outerFrames)) {
    const position = positionOf(frame);
    if (!position || isPackage(position.file)) continue;
    if (engine === undefined ? position.file === own?.file : position.file.startsWith(engine)) continue;
    return `${readable(position.file)}:${position.line}`;
  }
  return undefined;
}

/** The call sites of the current stack, innermost first, without this function. */
function stack(): NodeJS.CallSite[] {
  const { stackTraceLimit } = Error;
  const formatter = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  let sites: NodeJS.CallSite[] = [];
  try {
    Error.stackTraceLimit = Infinity;
    Error.prepareStackTrace = (_, found) => {
      sites = found;
      return '';
    };
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder, stack);
    // V8 formats a stack when it is first read.
    return typeof holder.stack === 'string' ? sites : [];
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    if (formatter) Object.defineProperty(Error, 'prepareStackTrace', formatter);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
}

interface Position {
  readonly file: string;
  readonly line: number;
}

/** Where a call site is in the source that was written; undefined for code of the runtime and of packages. */
function positionOf(site: NodeJS.CallSite): Position | undefined {
  const name = site.getFileName();
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  if (!name || line === null || column === null) return undefined;
  const file = name.startsWith('file:') ? fileURLToPath(name) : name;
  if (!path.isAbsolute(file) || isPackage(file)) return undefined;
  const entry = sourceMapOf(file)?.findEntry(line - 1, column - 1);
  if (!entry || !('originalSource' in entry)) return { file, line };
  const source = entry.originalSource;
  if (source.startsWith('file:')) return { file: fileURLToPath(source), line: entry.originalLine + 1 };
  return { file: path.resolve(path.dirname(file), source), line: entry.originalLine + 1 };
}

function isPackage(file: string): boolean {
  return file.includes(`${path.sep}node_modules${path.sep}`);
}

function readable(file: string): string {
  const relative = path.relative(process.cwd(), file);
  const isInside = !relative.startsWith('..') && !path.isAbsolute(relative);
  return isInside ? relative.split(path.sep).join('/') : file;
}

const sourceMapPayload = z.object({
  file: z.string().default(''),
  version: z.literal(3),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string().nullable()).default([]),
  names: z.array(z.string()).default([]),
  mappings: z.string(),
  sourceRoot: z.string().default(''),
});

const sourceMaps = new Map<string, SourceMap | undefined>();

/** Node's own source map of a file, or the one that the file names: Node reads none without its flag. */
function sourceMapOf(file: string): SourceMap | undefined {
  if (!sourceMaps.has(file)) {
    try {
      sourceMaps.set(file, findSourceMap(file) ?? readSourceMap(file));
    } catch {
      // A missing or broken map costs the line in an error, not the error.
      sourceMaps.set(file, undefined);
    }
  }
  return sourceMaps.get(file);
}

function readSourceMap(file: string): SourceMap | undefined {
  const url = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(readFileSync(file, 'utf8'))?.[1];
  if (url === undefined) return undefined;
  const inline = /^data:application\/json[^,]*;base64,(.*)$/.exec(url)?.[1];
  const text =
    inline === undefined
      ? readFileSync(path.resolve(path.dirname(file), decodeURIComponent(url)), 'utf8')
      : Buffer.from(inline, 'base64').toString('utf8');
  const payload = sourceMapPayload.parse(JSON.parse(text));
  return new SourceMap({
    ...payload,
    sourcesContent: payload.sourcesContent.map((content) => content ?? ''),
    sources: payload.sources.map((source) => payload.sourceRoot + source),
  });
}
