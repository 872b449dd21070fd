import { findNodeAtLocation, type Node, type ParseError } from 'jsonc-parser';
import { printable, shortened } from '../printable';
import { builtIn } from '../registry/registry';
import { augmentProblems } from './augment-problems';
import { countProblems } from './count-problems';
import { refusalProblems } from './refusal-problems';
import { stepProblems } from './step-problems';
import { describeIssue, unknownKey, type FieldPath, type FieldProblem } from './describe-issue';
import { didYouMean } from './did-you-mean';
import { duplicateKeys } from './duplicate-keys';
import { experimentTree, textProblem } from './experiment-tree';
import {
  experimentSchemas,
  outerPart,
  type ExperimentLists,
  type ResolvedExperiment,
} from './experiment-schema';
import { knownPlace } from './known-places';
import { optimizerProblems } from './optimizer-problems';
import { isJsonObject, overlay, type JsonObject } from './overlay';
import { recipeProblem, withRecipe } from './recipe-name';
import { changedName, withSettings, type Settings } from './set-settings';
import { syntaxProblems } from './syntax-problems';
import { treeValue } from './tree-value';
import { imageCounts } from './validation-rule';

/** One run of an experiment file, with every default filled in. */
export interface ExperimentRun {
  /** The run's name in the file; the experiment's own name where the file has only one. */
  readonly name: string;
  readonly experiment: ResolvedExperiment;
}

/** Something wrong in an experiment file, and where: offsets are in UTF-16 units, for an editor. */
export interface ExperimentProblem {
  /** Empty for the file as a whole: then the message is a sentence of its own. */
  readonly field: string;
  readonly message: string;
  readonly offset: number;
  readonly length: number;
  /** A replacement that mends it. */
  readonly fix?: TextFix;
}

/** A problem in one line. */
export function problemLine({ field, message }: Pick<ExperimentProblem, 'field' | 'message'>): string {
  return field ? `${field} ${message}` : message;
}

export interface TextFix {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export interface ParseOptions {
  /** Whether it is the text of a run's record, where a key that is absent means what it meant when the run began. */
  readonly isRecord?: boolean;
  /** Laid over each run. A run whose name is not among them is given one that says them. */
  readonly set?: Settings | undefined;
}

export type ParsedExperiment =
  | { readonly runs: readonly ExperimentRun[]; readonly problems?: undefined }
  | { readonly runs?: undefined; readonly problems: readonly ExperimentProblem[] };

/** Characters of a message, of which a key or a value of the file may be a part. */
const LONGEST_MESSAGE = 1000;
const LONGEST_FIELD = 200;

/**
 * Reads the text of a `*.m2at.json` file (comments and trailing commas allowed). Never throws. What is told of it can be
 * shown anywhere.
 */
export function parseExperiment(
  text: string,
  lists: ExperimentLists = builtIn,
  options: ParseOptions = {},
): ParsedExperiment {
  const parsed = parse(text, lists, options);
  if (!parsed.problems) return parsed;
  const problems = parsed.problems.map((problem) => ({
    ...problem,
    field: shortened(printable(problem.field), LONGEST_FIELD),
    message: shortened(printable(problem.message), LONGEST_MESSAGE),
  }));
  return { problems };
}

function parse(text: string, lists: ExperimentLists, options: ParseOptions): ParsedExperiment {
  const unread = textProblem(text);
  if (unread) return { problems: [{ field: '', ...unread }] };
  const errors: ParseError[] = [];
  const tree = experimentTree(text, errors);
  if (errors.length > 0 || !tree) {
    return { problems: syntaxProblems(text, errors).map((problem) => ({ field: '', ...problem })) };
  }
  const value: unknown = treeValue(tree);
  if (!isJsonObject(value)) {
    const message = 'An experiment must be a JSON object: { "dataset": …, "model": …, "method": … }.';
    return { problems: [{ field: '', message, offset: tree.offset, length: tree.length }] };
  }
  return validate(value, tree, lists, options);
}

/** More are not told: a text that is something else has thousands. */
const MAX_PROBLEMS = 100;

function validate(
  file: JsonObject,
  tree: Node,
  lists: ExperimentLists,
  { isRecord = false, set: { name: newName, recipe, ...set } = {} }: ParseOptions,
): ParsedExperiment {
  const problems: ExperimentProblem[] = [];
  const report = (problem: FieldProblem): void => {
    if (problems.length >= MAX_PROBLEMS) return;
    const shown = onText(tree, problem);
    if (problems.some(({ field, message }) => message === shown.message && field === shown.field)) return;
    problems.push(shown);
  };
  for (const { path, key } of duplicateKeys(tree).slice(0, MAX_PROBLEMS)) {
    const { offset, length } = key;
    problems.push({ field: fieldName(path), message: 'is given twice; leave one out', offset, length });
  }

  // The rest is checked for each run, after its entry was laid over.
  const { runs: variants, $schema, ...said } = file;
  // These two are about the file as a whole: what a run is called, and what is filled in below its keys.
  const base: JsonObject = {
    ...said,
    ...(newName !== undefined && { name: newName }),
    ...(recipe !== undefined && { recipe }),
  };
  const outer = outerPart.safeParse({ runs: variants, $schema });
  if (!outer.success) {
    for (const issue of outer.error.issues) describeIssue(issue, file).forEach(report);
    return { problems };
  }

  const runs: ExperimentRun[] = [];
  const entries: (JsonObject | undefined)[] = Array.isArray(variants)
    ? variants.filter(isJsonObject)
    : [undefined];
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (problems.length >= MAX_PROBLEMS) break;
    const laid = withSettings(withRecipe(lists.recipes, base, entry), set);
    if (laid.problem !== undefined) {
      report({ path: [laid.path ?? ''], message: laid.problem });
      break;
    }
    const merged = laid.object;
    const runName = typeof entry?.name === 'string' ? entry.name : undefined;
    if (runName !== undefined) {
      merged.name = typeof base.name === 'string' ? `${base.name}: ${runName}` : runName;
      if (seen.has(runName)) {
        const message = `"${runName}" is the name of two runs; give each its own`;
        report({ path: ['runs', index, 'name'], message });
      }
      seen.add(runName);
    }
    if (newName === undefined && Object.keys(set).length > 0) {
      merged.name = changedName(typeof merged.name === 'string' ? merged.name : 'experiment', set);
    }
    const unknown = recipeProblem(lists.recipes, merged.recipe, ['recipe']);
    const parsed = experimentSchemas(lists).run.safeParse(isRecord ? merged : withUsualRules(merged));
    // What an unknown recipe would have filled is not missed.
    const found = unknown
      ? [unknown]
      : parsed.success
        ? [
            ...refusalProblems(parsed.data, lists),
            ...augmentProblems(merged),
            ...stepProblems(parsed.data),
            ...(isRecord
              ? []
              : optimizerProblems(withSettings(overlay(base, entry ?? {}), set).object ?? {}, parsed.data)),
            ...countProblems(parsed.data, imageCounts(parsed.data.dataset, lists.datasets)),
          ]
        : describeAll(parsed.error.issues, merged, { lists, whole: entry === undefined });
    for (const problem of found) {
      const inEntry: FieldPath = ['runs', index, ...problem.path];
      report(entry && findNodeAtLocation(tree, [...inEntry]) ? { ...problem, path: inEntry } : problem);
    }
    if (parsed.success) runs.push({ name: runName ?? parsed.data.name, experiment: parsed.data });
  }
  return problems.length > 0 ? { problems } : { runs };
}

/** What a file means by a key that it has not, where the record of a run of an earlier version means something else. */
function withUsualRules(run: JsonObject): JsonObject {
  const { training = {} } = run;
  return isJsonObject(training) ? { ...run, training: { validation: 'auto', ...training } } : run;
}

/** @param whole the value is the whole file, and no run of several */
function describeAll(
  issues: Parameters<typeof describeIssue>[0][],
  root: JsonObject,
  { lists, whole }: { readonly lists: ExperimentLists; readonly whole: boolean },
): FieldProblem[] {
  const keysAt = (path: FieldPath): string[] => {
    const keys = [...(knownPlace(root, path, lists)?.keys.keys() ?? [])];
    // `$schema` and `runs` are keys of a file, and not of a run.
    return whole || path.length > 0 ? keys : keys.filter((key) => key !== 'runs' && key !== '$schema');
  };
  return issues
    .flatMap((issue) => describeIssue(issue, root, keysAt))
    .map((problem) => (problem.kind === 'missing' ? (misspelt(problem, root, keysAt) ?? problem) : problem));
}

/** A key that is missing because it is there, misspelt: one mistake, and the misspelling is it. */
function misspelt(
  { path }: FieldProblem,
  root: JsonObject,
  keysAt: (path: FieldPath) => readonly string[],
): FieldProblem | undefined {
  const above = path.slice(0, -1);
  const object = above.reduce<unknown>(
    (value, part) => (typeof value === 'object' && value !== null ? Reflect.get(value, part) : undefined),
    root,
  );
  if (!isJsonObject(object)) return undefined;
  const known = keysAt(above);
  const strangers = Object.keys(object)
    .filter((key) => !known.includes(key))
    .slice(0, MAX_PROBLEMS);
  const key = didYouMean(String(path.at(-1)), strangers);
  return key === undefined ? undefined : unknownKey([...above, key], known);
}

/** The problem with its place in the text, and the replacement that mends it. */
function onText(tree: Node, { path, message, kind, suggestion }: FieldProblem): ExperimentProblem {
  const field = fieldName(path);
  const value = findNodeAtLocation(tree, [...path]);
  const [key] = value?.parent?.type === 'property' ? (value.parent.children ?? []) : [];
  const mark = kind === 'unknown-key' ? key : value && key ? value.parent : value;
  const wrong = kind === 'unknown-key' ? key : value;
  return {
    field,
    message,
    ...(mark ? { offset: mark.offset, length: mark.length } : beginning(tree, path)),
    ...(wrong &&
      suggestion !== undefined && {
        fix: { offset: wrong.offset, length: wrong.length, text: JSON.stringify(suggestion) },
      }),
  };
}

/** Where something is missing: the key of the deepest object above it that is there, or its opening brace. */
function beginning(tree: Node, path: FieldPath): { readonly offset: number; readonly length: number } {
  for (let length = path.length - 1; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (!node) continue;
    const [key] = node.parent?.type === 'property' ? (node.parent.children ?? []) : [];
    return key ? { offset: key.offset, length: key.length } : { offset: node.offset, length: 1 };
  }
  return { offset: tree.offset, length: 1 };
}

function fieldName(path: FieldPath): string {
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${part}` : part),
    '',
  );
}
