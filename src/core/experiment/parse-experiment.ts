import { findNodeAtLocation, type Node, type ParseError } from 'jsonc-parser';
import { printable, shortened } from '../printable';
import { builtIn } from '../registry/registry';
import { runChecker } from './check-run';
import { describeIssue, type FieldPath, type FieldProblem } from './describe-issue';
import { duplicateKeys } from './duplicate-keys';
import { expandSweep } from './expand-sweep';
import { experimentTree, textProblem } from './experiment-tree';
import { outerPart, type ExperimentLists, type ResolvedExperiment } from './experiment-schema';
import { fieldName } from './field-name';
import { knownPlace } from './known-places';
import { isJsonObject, overlay, type Json, type JsonObject } from './overlay';
import { withRecipe } from './recipe-name';
import { changedName, withSettings, type Settings } from './set-settings';
import { sweepProblems } from './sweep';
import { syntaxProblems } from './syntax-problems';
import { treeValue } from './tree-value';

/** One run of an experiment file, with every default filled in. */
export interface ExperimentRun {
  /** The run's name in the file; the experiment's own name where the file has only one. */
  readonly name: string;
  /** It was made by a sweep. */
  readonly swept?: true;
  /** The entry of `runs` that the sweep was laid over: it names all of its runs. */
  readonly entry?: string;
  /** What the run has in common with those that only have other seeds, where a sweep repeats it. */
  readonly setting?: string;
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
  options: ParseOptions,
): ParsedExperiment {
  const { isRecord = false, set: { name: newName, recipe, ...set } = {} } = options;
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
  const { runs: variants, $schema, sweep, ...inFile } = file;
  // These two are about the file as a whole: what a run is called, and what is filled in below its keys.
  const base: JsonObject = {
    ...inFile,
    ...(newName !== undefined && { name: newName }),
    ...(recipe !== undefined && { recipe }),
  };
  const outer = outerPart.safeParse({ runs: variants, $schema, sweep });
  if (!outer.success) {
    const keysAt = (path: FieldPath): string[] => [...(knownPlace(file, path, lists)?.keys.keys() ?? [])];
    for (const issue of outer.error.issues) describeIssue(issue, file, keysAt).forEach(report);
    return { problems };
  }

  const runs: ExperimentRun[] = [];
  const entries: (JsonObject | undefined)[] = Array.isArray(variants)
    ? variants.filter(isJsonObject)
    : [undefined];
  const swept = isJsonObject(sweep) ? sweep : undefined;
  const wrong = swept ? sweepProblems(swept, entries.length, Object.keys(options.set ?? {})) : [];
  wrong.forEach(report);
  if (wrong.length > 0) return { problems };
  const check = runChecker(lists, isRecord);
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (problems.length >= MAX_PROBLEMS) break;
    const runName = typeof entry?.name === 'string' ? entry.name : undefined;
    const laid = withSettings(withRecipe(lists.recipes, base, entry), set);
    if (laid.problem !== undefined) {
      report({ path: [laid.path ?? ''], message: laid.problem });
      break;
    }
    const name = runNameOf(base.name, runName, newName === undefined ? set : {});
    const run = { ...laid.object, ...(name !== undefined && { name }) };
    const withOther = (other: Json): JsonObject => {
      const filled = withRecipe(lists.recipes, base, { ...entry, recipe: other });
      return { ...(withSettings(filled, set).object ?? filled), ...(name !== undefined && { name }) };
    };
    if (runName !== undefined) {
      if (seen.has(runName)) {
        const message = `"${runName}" is the name of two runs; give each its own`;
        report({ path: ['runs', index, 'name'], message });
      }
      seen.add(runName);
    }
    const reportPlaced = (problem: FieldProblem): void => {
      const inEntry: FieldPath = ['runs', index, ...problem.path];
      report(entry && findNodeAtLocation(tree, [...inEntry]) ? { ...problem, path: inEntry } : problem);
    };
    const said = (): JsonObject => withSettings(overlay(base, entry ?? {}), set).object ?? {};
    const context = { whole: entry === undefined, said };
    if (swept) {
      const expanded = expandSweep(swept, { run, withRecipe: withOther, context, check }, reportPlaced);
      for (const { name, ...run } of expanded) {
        const ofEntry = runName !== undefined && { name: `${runName}: ${name}`, entry: runName };
        runs.push({ name, swept: true, ...run, ...ofEntry });
      }
      continue;
    }
    const { experiment, problems: found } = check(run, context);
    found.forEach(reportPlaced);
    if (experiment) runs.push({ name: runName ?? experiment.name, experiment });
  }
  return problems.length > 0 ? { problems } : { runs };
}

/** @param set what was changed, and is to be said */
function runNameOf(file: Json | undefined, entry: string | undefined, set: Settings): Json | undefined {
  const name = entry !== undefined && typeof file === 'string' ? `${file}: ${entry}` : (entry ?? file);
  if (Object.keys(set).length === 0) return name;
  return changedName(typeof name === 'string' ? name : 'experiment', set);
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
