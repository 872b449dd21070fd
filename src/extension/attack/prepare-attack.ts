import * as z from 'zod';
import { blackBoxNames } from '../../core/attacks/plan/attack-list';
import { requestedAttack } from '../../core/attacks/plan/attack-plan';
import { areBlackBox, attackPresets, presetIds } from '../../core/attacks/plan/attack-presets';
import { M2atError } from '../../core/errors';
import { inputSpecFile } from '../../core/models/input/input-spec-schema';
import { builtIn } from '../../core/registry/registry';
import { errorOf } from '../../core/scheduler/error-data';
import { attackRequest, type AttackRequest } from '../../core/scheduler/job-requests';
import type { ModelInspection } from '../../protocol/worker-protocol';
import type { Checkpoint } from '../checkpoint/pick-checkpoint';
import type { Services } from '../services';
import { confirm } from '../show/notifications';
import { askInput } from './ask-input';
import { rememberAnswers, type InputAnswers } from './input-answers';
import { inspectAgain, inspectModels } from './inspect-models';
import { pickAttacks, type PickedAttacks } from './pick-attacks';
import { testCount, type ImageChoice } from './dataset-rows';
import { pickCount, pickImages } from './pick-images';

/** Third argument of the command, for key bindings and other extensions: what to ask nobody about. */
export const attackOptions = attackRequest
  .pick({
    corruptions: true,
    epsilons: true,
    arrays: true,
    dataset: true,
    shuffle: true,
    seed: true,
    eightBit: true,
  })
  .extend({
    attacks: z.array(requestedAttack(builtIn.attacks)).min(1),
    preset: z.enum(presetIds),
    count: z.union([z.int().min(1), z.literal('all')]),
    /** The checkpoint of a run that has two. */
    checkpoint: z.enum(['best', 'last']),
    /** What the model wants as input; `{}` takes what is usual. It is remembered like an answer. */
    input: inputSpecFile,
  })
  .partial();
export type AttackOptions = z.output<typeof attackOptions>;

/** An attack that can begin: every question is answered. */
export interface PreparedAttack {
  readonly request: Omit<AttackRequest, 'root' | 'checkpoint' | 'device' | 'threads'>;
  /** Writes what was answered about the models' input beside them. */
  readonly remember: () => Promise<void>;
}

/**
 * Looks at the models, and asks what they and the attack need. Nothing is written, and nothing begins.
 * @returns undefined when a question was dismissed
 * @throws M2atError for a model that can't be attacked in this way
 */
export async function prepareAttack(
  { questions, memory }: Pick<Services, 'questions' | 'memory'>,
  checkpoints: readonly Checkpoint[],
  options: AttackOptions,
): Promise<PreparedAttack | undefined> {
  const { attacks: list, datasets } = builtIn;
  const found = await inspectModels(questions, checkpoints);
  const chosen = chosenAttacks(options);
  const obstacle = found.find(({ noGradient }) => noGradient);
  if (obstacle?.noGradient && chosen && !areBlackBox(list, chosen.attacks))
    throw errorOf(obstacle.noGradient);
  if (obstacle && !chosen && !(await goesOnForward(obstacle))) return undefined;

  const answers = new Map<ModelInspection, InputAnswers>();
  for (const inspection of found) {
    const asked = options.input
      ? { inspection, answers: options.input }
      : await askInput(inspection, inspectAgain(questions, inspection));
    if (!asked) return undefined;
    answers.set(asked.inspection, asked.answers);
  }
  const inspections = [...answers.keys()];
  const attacks = chosen ?? (await pickAttacks(list, obstacle === undefined));
  if (!attacks) return undefined;
  const images = imagesGiven(options, chosen) ?? (await pickImages(inspections, memory, datasets));
  if (!images) return undefined;
  const count = options.count ?? (await pickCount(testCount(datasets, images, inspections)));
  if (count === undefined) return undefined;

  return {
    request: {
      attacks: attacks.attacks,
      ...images,
      ...(attacks.corruptions && { corruptions: attacks.corruptions }),
      ...(attacks.epsilons && { epsilons: attacks.epsilons }),
      ...(count !== 'all' && { count }),
      ...(options.shuffle !== undefined && { shuffle: options.shuffle }),
      ...(options.seed !== undefined && { seed: options.seed }),
      ...(options.eightBit !== undefined && { eightBit: options.eightBit }),
    },
    remember: async () => {
      for (const [inspection, answer] of answers) await rememberAnswers(inspection, answer);
    },
  };
}

function chosenAttacks({ attacks, epsilons, preset, corruptions }: AttackOptions): PickedAttacks | undefined {
  const named = attackPresets.find(({ id }) => id === preset);
  const chosen = attacks ?? named?.attacks ?? (corruptions && []);
  const curve = epsilons ?? named?.epsilons;
  if (!chosen) return undefined;
  if (chosen.length > 0 || corruptions) {
    return { attacks: chosen, ...(curve && { epsilons: curve }), ...(corruptions && { corruptions }) };
  }
  throw new M2atError('bad-input', 'no attack was asked for', { where: 'attacks' });
}

/** Whoever names the attacks and no images means those of the checkpoint's own data set. */
function imagesGiven(
  { arrays, dataset }: AttackOptions,
  chosen: PickedAttacks | undefined,
): ImageChoice | undefined {
  if (!chosen && !arrays && !dataset) return undefined;
  return { ...(arrays && { arrays }), ...(dataset && { dataset }) };
}

/** Says why there are no gradients, and offers what works without. */
async function goesOnForward({ noGradient }: ModelInspection): Promise<boolean> {
  if (!noGradient) return true;
  const { what, where } = noGradient;
  const names = blackBoxNames(builtIn.attacks);
  return confirm(
    `This model runs, but it can't be differentiated: ${what}.`,
    [
      where ?? '',
      `Score- and decision-based attacks need forward passes only, and work on it: ${names.join(', ')}.`,
    ],
    'Attack by Forward Passes',
  );
}
