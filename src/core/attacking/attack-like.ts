import path from 'node:path';
import * as z from 'zod';
import { DRAWS_VERSION } from '../attacks/base/image-streams';
import { planAttacks, requestedAttack } from '../attacks/plan/attack-plan';
import { corruptionParameters, inOrder } from '../corruptions/corruption-parameters';
import { deviceNames } from '../engine/devices/device';
import { M2atError } from '../errors';
import { describeIssue, unknownKey, type FieldProblem } from '../experiment/describe-issue';
import type { JsonObject } from '../experiment/overlay';
import { settingText } from '../experiment/setting-text';
import { withSettings, type Settings } from '../experiment/set-settings';
import { newRunId, runDirectory } from '../records/run-paths';
import { builtIn, type Registry } from '../registry/registry';
import { repositoryState } from '../repository/repository-state';
import { assertCanRun, newRecord } from '../runs/run-lifecycle';
import { assertExists, readIntactRecord } from '../runs/run-store';
import { supervised } from '../runs/supervised';
import { selectImages } from './attack-images';
import { attackLoaded, type AttackingOptions, type AttackResult } from './attack-loaded';
import { readTask } from './attack-resume';
import { nameOf, storedPlan } from './attack-run';
import { loadClassifier } from './classifier';
import { knownTaskOf, planOf, type KnownAttackTask } from './known-task';

export interface AttackLikeOptions extends AttackingOptions {
  /** An attack run. */
  readonly like: string;
  readonly set: Settings;
}

/** What can be set, as `attack.json` has it. */
function settable({ attacks }: Registry) {
  return z.strictObject({
    checkpoint: z.string().min(1),
    attacks: z.array(requestedAttack(attacks)),
    corruptions: corruptionParameters.optional(),
    seed: z.int().min(0),
    batchSize: z.int().min(1),
    eightBit: z.boolean().optional(),
    device: z.enum(['auto', ...deviceNames]),
    threads: z.int().min(0),
  });
}

/**
 * Does what an attack run did, on the same images, with some settings changed.
 * @throws M2atError `bad-input` for a wrong setting, a run that is no attack, or attacks that are an ensemble's or a curve's;
 * otherwise as `attackRun`
 */
export async function attackLike(options: AttackLikeOptions): Promise<AttackResult> {
  const { root, like, set, registry = builtIn } = options;
  await assertExists(runDirectory(root, like), like);
  const record = await readIntactRecord(root, like);
  if (record.kind !== 'attack') {
    throw new M2atError('bad-input', `${like} is no attack`, {
      hint: `m2at train --like ${like} trains like it.`,
    });
  }
  const stored = knownTaskOf(registry.attacks, await readTask(root, like), record);
  const task = changedTask(stored, options, registry);
  const source = options.resources?.dataset ?? stored.source;
  if (!source) {
    throw new M2atError('bad-input', `the attack ${like} does not say where its images came from`, {
      hint: 'Start it anew, with its images.',
    });
  }
  await assertCanRun(root);
  const classifier = await loadClassifier(registry.formats, task.checkpoint, task.input, registry.attacks);
  try {
    const settings = Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${settingText(value)}`]);
    const name = nameOf(classifier);
    const again = newRecord({
      ...{ id: newRunId('attack', name), kind: 'attack', name },
      source: classifier.modelFile,
      command: ['attack', '--like', like, ...settings],
    });
    return await supervised(options, again, async (writer) => {
      await writer.update({ git: await repositoryState(root) });
      const choose = (available: number): Promise<KnownAttackTask> => {
        const indices = selectImages(available, { indices: stored.indices });
        return Promise.resolve({ ...task, checkpoint: classifier.modelFile, indices });
      };
      return attackLoaded(options, {
        classifier,
        plan: planOf(registry.attacks, task),
        source,
        choose,
        writer,
      });
    });
  } finally {
    classifier.model.dispose();
  }
}

/** @throws M2atError `bad-input` with every problem */
function changedTask(
  stored: KnownAttackTask,
  { root, like, set }: Pick<AttackLikeOptions, 'root' | 'like' | 'set'>,
  registry: Registry,
): KnownAttackTask {
  const { checkpoint, corruptions, seed, batchSize, eightBit, device, threads, ...others } = stored;
  const parameters = stored.attacks.map((attack) => attack.parameters);
  const before = { checkpoint, attacks: parameters, corruptions, seed, batchSize, eightBit, device, threads };
  const schema = settable(registry);
  const problems = (found: readonly FieldProblem[]): M2atError => {
    const [first = '', ...lines] = found.map((problem) => `${problem.path.join('.')} ${problem.message}`);
    return new M2atError('bad-input', first, {
      where: `the settings of ${like}, changed`,
      lines,
      hint: 'Correct what is set and start again; attack.json of the run has every setting.',
    });
  };
  const known = Object.keys(schema.shape);
  const unknown = Object.keys(set).filter((key) => !known.includes(key.split('.')[0] ?? ''));
  if (unknown.length > 0) throw problems(unknown.map((key) => unknownKey([key], known)));
  const object = JSON.parse(JSON.stringify(before)) as JsonObject;
  const changed = withSettings(object, set);
  if (changed.problem !== undefined)
    throw problems([{ path: [changed.path ?? ''], message: changed.problem }]);
  const parsed = schema.safeParse(changed.object);
  if (!parsed.success)
    throw problems(parsed.error.issues.flatMap((issue) => describeIssue(issue, changed.object)));
  const { attacks, corruptions: wanted, ...rest } = parsed.data;
  const isOther = Object.keys(set).some((key) => key.split('.')[0] === 'attacks');
  if (isOther && stored.groups.some(({ ensemble, epsilons }) => ensemble || epsilons)) {
    throw problems([
      {
        path: ['attacks'],
        message:
          "can't be set, because they are those of an ensemble or a curve; name them anew: m2at attack CHECKPOINT --attack …",
      },
    ]);
  }
  const isSameNetwork = rest.checkpoint === checkpoint;
  return {
    ...others,
    ...(isOther && storedPlan(planAttacks(registry.attacks, attacks))),
    ...rest,
    checkpoint: path.resolve(root, rest.checkpoint),
    // What was told of another network's input.
    ...(!isSameNetwork && { input: undefined }),
    ...(wanted && { corruptions: inOrder(wanted) }),
    batchSize: Math.min(rest.batchSize, stored.indices.length),
    draws: DRAWS_VERSION,
  };
}
