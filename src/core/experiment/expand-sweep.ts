import { shortened } from '../printable';
import type { CheckedRun, RunContext } from './check-run';
import type { FieldProblem } from './describe-issue';
import { setAtPaths } from './dotted-path';
import type { ResolvedExperiment } from './experiment-schema';
import type { Json, JsonObject } from './overlay';
import { sweepMembers, type SweepMember } from './sweep';
import { atSweptValue } from './swept-place';

/** Wrong runs that are looked at: what is wrong with one is often wrong with all. */
const MAX_WRONG = 100;
/** Characters of a run's name in its records. */
const LONGEST_NAME = 100;

/** A run of the file that a sweep is laid over. */
export interface SweptRun {
  /** As the file says it, with its recipe. */
  readonly run: JsonObject;
  /** The same with another recipe, which the sweep asks for. */
  readonly withRecipe: (recipe: Json) => JsonObject;
  readonly context: RunContext;
  readonly check: (run: JsonObject, context: RunContext) => CheckedRun;
}

export interface ExpandedRun {
  /** The member's. */
  readonly name: string;
  readonly experiment: ResolvedExperiment;
  /** Name of the run in its records without the seed, where a sweep repeats it with several. */
  readonly setting?: string;
}

/**
 * The runs that a sweep makes of one: each has what it sets laid over it. What is wrong with many of them is told once, at
 * the value of the sweep that it comes from; what comes from none is told with the first run that has it.
 * @returns none where one is wrong
 */
export function expandSweep(
  sweep: JsonObject,
  swept: SweptRun,
  report: (problem: FieldProblem) => void,
): ExpandedRun[] {
  const { run: base, context, check } = swept;
  const members = sweepMembers(sweep, typeof base.seed === 'number' ? base.seed : 0);
  const checkMember = memberChecker(swept);
  const ofBase = new Set(check(base, context).problems.map(keyOf));
  const told = new Set<string>();
  const checked = new Map<SweepMember, ResolvedExperiment>();
  let wrong = 0;
  // Each value once before their combinations.
  for (const some of valuesFirst(members)) {
    for (const member of some) {
      const { experiment, problems } = checkMember(member);
      if (experiment) checked.set(member, experiment);
      for (const problem of problems) {
        const atValue = atSweptValue(problem, member.values);
        const key = keyOf(atValue ?? problem);
        if (told.has(key)) continue;
        told.add(key);
        const note = atValue || ofBase.has(key) ? '' : ` (with ${member.name})`;
        report(atValue ?? { ...problem, message: `${problem.message}${note}` });
      }
      if (problems.length > 0) wrong++;
      if (wrong === MAX_WRONG) return [];
    }
    if (wrong > 0) return [];
  }
  return members.flatMap((member) => {
    const experiment = checked.get(member);
    const { name, setting } = member;
    if (!experiment) return [];
    return [{ name, experiment, ...(setting !== undefined && { setting: recordName(base.name, setting) }) }];
  });
}

function memberChecker({ run, withRecipe, context, check }: SweptRun): (member: SweepMember) => CheckedRun {
  const withRecipes = new Map<Json, JsonObject>();
  const below = (recipe: Json): JsonObject => {
    const made = withRecipes.get(recipe) ?? withRecipe(recipe);
    withRecipes.set(recipe, made);
    return made;
  };
  return ({ name, values }) => {
    const recipe = values.find(({ path }) => path === 'recipe');
    const set = setAtPaths(
      recipe ? below(recipe.value) : run,
      values.flatMap(({ path, value }) => (path === 'recipe' ? [] : [[path, value] as const])),
    );
    if (set.problem !== undefined) {
      return { problems: [{ path: (set.path ?? '').split('.'), message: set.problem, kind: 'unknown-key' }] };
    }
    const said = (): JsonObject =>
      setAtPaths(
        context.said(),
        values.map(({ path, value }) => [path, value] as const),
      ).object ?? {};
    return check({ ...set.object, name: recordName(run.name, name) }, { ...context, said });
  };
}

/** The members in which a value is for the first time, and the others. */
function valuesFirst(members: readonly SweepMember[]): readonly (readonly SweepMember[])[] {
  const seen = new Set<string>();
  const first: SweepMember[] = [];
  const others: SweepMember[] = [];
  for (const member of members) {
    const before = seen.size;
    for (const { path, value } of member.values) seen.add(`${path} ${JSON.stringify(value)}`);
    (seen.size > before ? first : others).push(member);
  }
  return [first, others];
}

/** `compare: m2at: epsilon=4/255`, of which the beginning is cut where it is too long. */
function recordName(of: Json = 'experiment', member: string): string {
  if (typeof of !== 'string' || member === '') return typeof of === 'string' ? of : member;
  // A name that is too long by itself is told as one.
  const most = of.length > LONGEST_NAME ? of.length : LONGEST_NAME - member.length - 2;
  return `${shortened(of, most)}: ${member}`;
}

function keyOf({ path, message }: FieldProblem): string {
  return JSON.stringify([path, message]);
}
