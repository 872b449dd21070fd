import path from 'node:path';
import * as z from 'zod';
import { DRAWS_VERSION } from '../attacks/base/image-streams';
import { planAttacks, requestedAttack } from '../attacks/plan/attack-plan';
import { corruptionParameters, inOrder } from '../corruptions/corruption-parameters';
import { deviceChoice } from '../engine/devices/device-choice';
import { M2atError } from '../errors';
import { describeIssue, unknownKey, type FieldProblem } from '../experiment/describe-issue';
import { placesIn } from '../experiment/known-places';
import type { JsonObject } from '../experiment/overlay';
import { settingsBelow, type Setting } from '../experiment/setting-list';
import { withSettings, type Settings } from '../experiment/set-settings';
import { fraction } from '../fraction';
import { runDirectory } from '../records/run-paths';
import type { Registry } from '../registry/registry';
import { withoutKeys } from '../without-keys';
import { knownTaskOf, storedPlan, type KnownAttackTask } from './known-task';
import { assertExists, readIntactRecord } from './run-store';
import { readTask } from './stored-task';

/**
 * What an attack run did, where this version can do all of it again.
 * @throws M2atError `bad-input` when there is no such run, or it is no attack; otherwise as `readTask` and `knownTaskOf`
 */
export async function readKnownTask(
  root: string,
  id: string,
  { attacks }: Pick<Registry, 'attacks'>,
): Promise<KnownAttackTask> {
  await assertExists(runDirectory(root, id), id);
  const record = await readIntactRecord(root, id);
  if (record.kind !== 'attack') {
    throw new M2atError('bad-input', `${id} is no attack`, {
      hint: `m2at train --like ${id} trains like it.`,
    });
  }
  return knownTaskOf(attacks, await readTask(root, id), record);
}

/** An ensemble is stored as the attacks that it consists of, which say nothing of what it was asked for with. */
const isOfEnsemble = ({ groups }: KnownAttackTask): boolean =>
  groups.some(({ ensemble, epsilons }) => ensemble && !epsilons);
const OF_PLAN = ['attacks', 'epsilons'];
const ENSEMBLE =
  "can't be set, because the attacks are those of an ensemble; name them anew: m2at attack CHECKPOINT --attack …";

/** What can be set. */
function settable(task: KnownAttackTask, { attacks }: Pick<Registry, 'attacks'>) {
  const most = task.indices.length;
  return z.strictObject({
    attacks: z.array(requestedAttack(attacks)).describe('The attacks, with their parameters.'),
    epsilons: z
      .array(fraction)
      .min(1)
      .optional()
      .describe('Measures what has a fixed epsilon with each of these, too.'),
    corruptions: corruptionParameters
      .optional()
      .describe('Common corruptions, measured after the attacks; {} is all of them.'),
    count: z
      .int()
      .min(1)
      .max(most)
      .default(most)
      .describe('Images: the first ones of those that were attacked.'),
    seed: z.int().min(0).default(0).describe('Keys the random starts.'),
    eightBit: z.boolean().optional().describe('Puts the examples on the 8-bit grid, and counts those.'),
    checkpoint: z.string().min(1).describe('The network that is attacked.'),
    batchSize: z.int().min(1).describe('Images at once; more need more memory.'),
    device: deviceChoice.default('auto').describe('What computes.'),
    threads: z.int().min(0).default(0).describe('CPU threads; 0 means all cores.'),
  });
}

/** What is set in a run, as {@link settable} has it. */
function settingsOf(task: KnownAttackTask): JsonObject {
  const { checkpoint, corruptions, seed, batchSize, eightBit, device, threads, indices, groups } = task;
  const curves = groups.flatMap((group) => group.epsilons ?? []);
  const epsilons = curves.length > 0 ? [...new Set(curves)].sort((a, b) => a - b) : undefined;
  const own = task.attacks.filter(({ group }) => groups[group]?.epsilons === undefined);
  const attacks = own.map(({ parameters }) => parameters);
  const count = indices.length;
  const plan = isOfEnsemble(task) ? {} : { attacks, epsilons };
  const all = { ...plan, corruptions, count, seed, eightBit, checkpoint, batchSize, device, threads };
  return JSON.parse(JSON.stringify(all)) as JsonObject;
}

/** Every setting of an attack with some changed, and those that it could have beside them. */
export function attackSettings(
  task: KnownAttackTask,
  set: Settings,
  registry: Pick<Registry, 'attacks'>,
): Setting[] {
  const before = settingsOf(task);
  const object = withSettings(before, set).object ?? before;
  const all = settingsBelow([], object, placesIn(settable(task, registry), object));
  return isOfEnsemble(task) ? all.filter(({ path }) => !isOfPlan(path)) : all;
}

const isOfPlan = (setting: string): boolean => OF_PLAN.includes(setting.split('.')[0] ?? '');

/**
 * An attack with settings changed, on the same images or the first of them.
 * @param root what a path of a checkpoint is relative to
 * @returns what to do, or what is wrong with the settings
 */
export function changedAttack(
  task: KnownAttackTask,
  { root, set }: { readonly root: string; readonly set: Settings },
  registry: Pick<Registry, 'attacks'>,
):
  | { readonly task: KnownAttackTask; readonly problems?: undefined }
  | { readonly task?: undefined; readonly problems: readonly FieldProblem[] } {
  const schema = settable(task, registry);
  const known = Object.keys(schema.shape);
  const unknown = Object.keys(set).filter((key) => !known.includes(key.split('.')[0] ?? ''));
  if (unknown.length > 0) return { problems: unknown.map((key) => unknownKey([key], known)) };
  const isPlanned = Object.keys(set).some(isOfPlan);
  const isEnsemble = isOfEnsemble(task);
  if (isPlanned && isEnsemble) return { problems: [{ path: ['attacks'], message: ENSEMBLE }] };
  const changed = withSettings(settingsOf(task), set);
  if (changed.problem !== undefined)
    return { problems: [{ path: [changed.path ?? ''], message: changed.problem }] };
  const parsed = schema.partial({ attacks: true }).safeParse(changed.object);
  if (!parsed.success)
    return { problems: parsed.error.issues.flatMap((issue) => describeIssue(issue, changed.object)) };
  const { attacks = [], epsilons, corruptions, count, ...rest } = parsed.data;
  let plan;
  try {
    if (isPlanned) plan = storedPlan(planAttacks(registry.attacks, attacks, { epsilons }));
  } catch (error) {
    if (!(error instanceof M2atError)) throw error;
    return { problems: [{ path: [], message: `${error.where ?? 'attacks'} ${error.what}` }] };
  }
  const { indices, targets } = task;
  return {
    task: {
      ...withoutKeys(task, ['corruptions', 'eightBit']),
      ...plan,
      ...rest,
      checkpoint: path.resolve(root, rest.checkpoint),
      // What was told of another network's input.
      ...(rest.checkpoint !== task.checkpoint && { input: undefined }),
      ...(corruptions && { corruptions: inOrder(corruptions) }),
      indices: indices.slice(0, count),
      ...(targets && { targets: targets.slice(0, count) }),
      batchSize: Math.min(rest.batchSize, count),
      draws: DRAWS_VERSION,
    },
  };
}

/** A problem as a line: its place, and what is wrong there. */
export function problemText({ path: at, message }: FieldProblem): string {
  return `${at.join('.')} ${message}`.trimStart();
}
