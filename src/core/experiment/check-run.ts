import { augmentProblems } from './augment-problems';
import { countProblems } from './count-problems';
import { describeIssue, unknownKey, type FieldPath, type FieldProblem } from './describe-issue';
import { didYouMean } from './did-you-mean';
import {
  experimentSchemas,
  outerPart,
  type ExperimentLists,
  type ExperimentSchemas,
  type ResolvedExperiment,
} from './experiment-schema';
import { knownPlace } from './known-places';
import { optimizerProblems } from './optimizer-problems';
import { isJsonObject, type JsonObject } from './overlay';
import { recipeProblem } from './recipe-name';
import { refusalProblems } from './refusal-problems';
import { stepProblems } from './step-problems';
import { withoutKeys } from '../without-keys';
import { imageCounts } from './validation-rule';

/** Of the keys of an object so many are looked at. */
const MAX_KEYS = 100;

/** A run of an experiment file with every default filled in, as far as it can be read, and what is wrong with it. */
export interface CheckedRun {
  readonly experiment?: ResolvedExperiment;
  readonly problems: readonly FieldProblem[];
}

export interface RunContext {
  /** The run is the whole file, and no run of several. */
  readonly whole: boolean;
  /** The run as the file says it, without its recipe. */
  readonly said: () => JsonObject;
}

/**
 * Checks runs of a file, as they are laid over it. Sections that runs share, as the same objects, are read once.
 * @param isRecord whether it is the text of a run's record, in which an absent key has no newer meaning
 */
export function runChecker(
  lists: ExperimentLists,
  isRecord: boolean,
): (run: JsonObject, context: RunContext) => CheckedRun {
  const parse = runParser(lists, isRecord);
  return (run, { whole, said }) => {
    const unknown = recipeProblem(lists.recipes, run.recipe, ['recipe']);
    const parsed = parse(run);
    // What an unknown recipe would have filled is not missed.
    if (unknown) return { problems: [unknown], ...(parsed.success && { experiment: parsed.data }) };
    if (!parsed.success) return { problems: describeAll(parsed.error.issues, run, lists, whole) };
    const experiment = parsed.data;
    return {
      experiment,
      problems: [
        ...refusalProblems(experiment, lists),
        ...augmentProblems(run),
        ...stepProblems(experiment),
        ...(isRecord ? [] : optimizerProblems(said(), experiment)),
        ...countProblems(experiment, imageCounts(experiment.dataset, lists.datasets)),
      ],
    };
  };
}

/** The keys of a run whose values are objects. */
const sections = ['dataset', 'model', 'method', 'options', 'training', 'evaluation', 'samples'] as const;

type Parsed = ReturnType<ExperimentSchemas['run']['safeParse']>;

/** The schema of a run, whose sections are each read once while they are the same object. */
function runParser(lists: ExperimentLists, isRecord: boolean): (run: JsonObject) => Parsed {
  const { run: schema } = experimentSchemas(lists);
  const { shape } = schema;
  const usual = isRecord ? (value: unknown) => value : withUsualRules;
  const outer = schema.omit({
    ...{ dataset: true, model: true, method: true, options: true },
    ...{ training: true, evaluation: true, samples: true },
  });
  const read = {
    dataset: remembered((value) => shape.dataset.safeParse(value).data),
    model: remembered((value) => shape.model.safeParse(value).data),
    method: remembered((value) => shape.method.safeParse(value).data),
    options: remembered((value) => shape.options.safeParse(value).data),
    training: remembered((value) => shape.training.safeParse(usual(value)).data),
    evaluation: remembered((value) => shape.evaluation.safeParse(value).data),
    samples: remembered((value) => shape.samples.safeParse(value).data),
  };
  return (run) => {
    const { data: rest } = outer.safeParse(withoutKeys(run, sections));
    const dataset = read.dataset(run.dataset);
    const model = read.model(run.model);
    const method = read.method(run.method);
    const options = read.options(run.options);
    const training = read.training(run.training);
    const evaluation = read.evaluation(run.evaluation);
    const samples = read.samples(run.samples);
    // What is wrong is told by the schema of the whole.
    if (!rest || !dataset || !model || !method || !options || !training || !evaluation || !samples) {
      return schema.safeParse({ ...run, training: usual(run.training) });
    }
    return {
      success: true,
      data: { ...rest, dataset, model, method, options, training, evaluation, samples },
    };
  };
}

/** A function of a value that gives for the same object what it gave before. */
function remembered<Result>(read: (value: unknown) => Result): (value: unknown) => Result {
  const known = new WeakMap<object, Result>();
  return (value) => {
    const key = typeof value === 'object' && value !== null ? value : undefined;
    const before = key && known.get(key);
    if (before !== undefined) return before;
    const result = read(value);
    if (key) known.set(key, result);
    return result;
  };
}

/** What a file means by a key of `training` that it has not, where the record of a run of an earlier version means something else. */
function withUsualRules(training: unknown = {}): unknown {
  return isJsonObject(training) ? { validation: 'auto', ...training } : training;
}

/** @param whole the value is the whole file, and no run of several */
function describeAll(
  issues: Parameters<typeof describeIssue>[0][],
  root: JsonObject,
  lists: ExperimentLists,
  whole: boolean,
): FieldProblem[] {
  const keysAt = (path: FieldPath): string[] => {
    const keys = [...(knownPlace(root, path, lists)?.keys.keys() ?? [])];
    return whole || path.length > 0 ? keys : keys.filter((key) => !Object.hasOwn(outerPart.shape, key));
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
    .slice(0, MAX_KEYS);
  const key = didYouMean(String(path.at(-1)), strangers);
  return key === undefined ? undefined : unknownKey([...above, key], known);
}
