import { findNodeAtLocation, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { experimentFile, resolvedExperiment, type ResolvedExperiment } from './experiment-schema';
import { describeIssue, type FieldPath } from './describe-issue';
import { isJsonObject, overlay, type JsonObject } from './overlay';

/** One run of an experiment file, with every default filled in. */
export interface ExperimentRun {
  /** The run's name in the file; the experiment's own name where the file has only one. */
  readonly name: string;
  readonly experiment: ResolvedExperiment;
}

/** Something wrong in an experiment file, and where: offsets are in UTF-16 units, for an editor. */
export interface ExperimentProblem {
  readonly field: string;
  readonly message: string;
  readonly offset: number;
  readonly length: number;
}

export type ParsedExperiment =
  | { readonly runs: readonly ExperimentRun[]; readonly problems?: undefined }
  | { readonly runs?: undefined; readonly problems: readonly ExperimentProblem[] };

/** Reads the text of a `*.m2at.json` file (comments and trailing commas allowed). Never throws. */
export function parseExperiment(text: string): ParsedExperiment {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first || !tree) {
    const offset = first?.offset ?? 0;
    const message = `is not valid JSON: ${first ? printParseErrorCode(first.error) : 'the file is empty'} at ${position(text, offset)}`;
    return { problems: [{ field: '', message, offset, length: first?.length ?? 0 }] };
  }
  const value: unknown = plain(tree);
  if (!isJsonObject(value)) {
    return {
      problems: [{ field: '', message: 'must be a JSON object', offset: tree.offset, length: tree.length }],
    };
  }
  return validate(value, tree);
}

/** What only the file has; the rest is checked for each run, after its entry was laid over. */
const outerPart = experimentFile.pick({ runs: true, $schema: true });

function validate(file: JsonObject, tree: Node): ParsedExperiment {
  const problems: ExperimentProblem[] = [];
  const report = (path: FieldPath, message: string): void => {
    if (problems.some((known) => known.message === message && known.field === fieldName(path))) return;
    const node = nearest(tree, path);
    problems.push({ field: fieldName(path), message, offset: node.offset, length: node.length });
  };

  const { runs: variants, $schema, ...base } = file;
  const outer = outerPart.safeParse({ runs: variants, $schema });
  if (!outer.success) {
    for (const issue of outer.error.issues) {
      for (const { path, message } of describeIssue(issue, file)) report(path, message);
    }
    return { problems };
  }

  const runs: ExperimentRun[] = [];
  const entries: (JsonObject | undefined)[] = Array.isArray(variants)
    ? variants.filter(isJsonObject)
    : [undefined];
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    const merged = entry ? overlay(base, entry) : base;
    const runName = typeof entry?.name === 'string' ? entry.name : undefined;
    if (runName !== undefined) {
      merged.name = typeof base.name === 'string' ? `${base.name}: ${runName}` : runName;
      if (seen.has(runName))
        report(['runs', index, 'name'], `"${runName}" is the name of two runs; give each its own`);
      seen.add(runName);
    }
    const parsed = resolvedExperiment.safeParse(merged);
    if (parsed.success) {
      runs.push({ name: runName ?? parsed.data.name, experiment: parsed.data });
      continue;
    }
    for (const issue of parsed.error.issues) {
      for (const { path, message } of describeIssue(issue, merged)) {
        const inEntry: FieldPath = ['runs', index, ...path];
        report(entry && findNodeAtLocation(tree, [...inEntry]) ? inEntry : path, message);
      }
    }
  }
  return problems.length > 0 ? { problems } : { runs };
}

function fieldName(path: FieldPath): string {
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${part}` : part),
    '',
  );
}

/** The node at a path, or the deepest one above it that is there. */
function nearest(tree: Node, path: FieldPath): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (node) return node.parent?.type === 'property' ? node.parent : node;
  }
  return tree;
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** The value of a syntax tree; the library's own `getNodeValue` is typed `any`. */
function plain(node: Node): unknown {
  switch (node.type) {
    case 'object': {
      const entries = (node.children ?? []).map(({ children }): [string, unknown] => {
        const [key, value] = children ?? [];
        return [String(key?.value), value ? plain(value) : null];
      });
      // fromEntries defines own properties, so a key named __proto__ is data and nothing more.
      return Object.fromEntries(entries);
    }
    case 'array':
      return (node.children ?? []).map(plain);
    default:
      return node.value as unknown;
  }
}
