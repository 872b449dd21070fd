import * as z from 'zod';
import { usualAttacks } from '../attacks/plan/usual-attacks';
import { corruptionParameters } from '../corruptions/corruption-parameters';
import { deviceChoice } from '../engine/devices/device-choice';
import { networkParameters } from '../models/networks/model-schema';
import { oneOf, withKeys } from '../named-schema';
import type { Registry } from '../registry/registry';
import { plainText } from '../text-schema';
import { recipeName } from './recipe-name';
import { MAX_RUNS, sweepSchema } from './sweep-schema';
import { trainingParameters } from './training-schema';

/** What only a file has. `runs` and `sweep` turn it into several runs. */
const outerKeys = {
  $schema: z.string().optional().describe('Address of a JSON schema, for other editors.'),
  runs: z
    .array(z.looseObject({ name: plainText.min(1).max(60) }))
    .min(1)
    .max(64)
    .optional()
    .describe('Several runs from one file: each entry is laid over the rest of the file.'),
  sweep: sweepSchema
    .optional()
    .describe(
      `Many runs from one file, at most ${MAX_RUNS}: lists of values, laid over it or over each of its runs.`,
    ),
};
export const outerPart = z.strictObject(outerKeys);

/** Images of an evaluation that says nothing of them, or as many as there are. */
export const usualCounts = { during: 500, final: 1000 } as const;

/** One training run, every default filled in: what the run directory keeps and what replays the run. */
function runSchema({ attacks, datasets, methods, options, recipes }: ExperimentLists) {
  // The data set decides how many there can be.
  const count = z.int().min(1);
  const measured = attacks.map(({ parameters }) => ({
    parameters: withKeys(parameters, {
      count: count
        .optional()
        .describe(
          'It is measured on the first so many images of the evaluation, at most all of them; default: all. Measured on ' +
            'fewer, it does not count for the robust accuracy.',
        ),
    }),
  }));
  const evaluation = z
    .strictObject({
      count: count.describe(
        'Number of images: test images, or during training those held out by `training.validation`. There is no other ' +
          'limit; where there are fewer than the usual number, all of them.',
      ),
      attacks: z
        .array(oneOf(measured))
        .max(32)
        .describe(
          'Attacks and ensembles, each measured alone. The robust accuracy is the worst case over them.',
        ),
    })
    .superRefine(withinCount);
  return z.strictObject({
    name: plainText.min(1).max(100).default('experiment').describe('What its runs are called.'),
    seed: z
      .int()
      .min(0)
      .max(4_294_967_295)
      .default(0)
      .describe(
        'Of every random number: with the same one a run gives the same numbers, on the same device.',
      ),
    device: deviceChoice
      .default('auto')
      .describe(
        'What computes; auto takes a GPU where there is one that can, onnx-cuda:1 the second of several.',
      ),
    threads: z.int().min(0).max(1024).default(0).describe('CPU threads; 0 means all cores.'),
    recipe: recipeName(recipes).optional(),
    dataset: oneOf(datasets).describe('The images.'),
    model: networkParameters.describe('The network.'),
    method: oneOf(methods).describe(
      'What the network is trained on: how images are attacked, masked, mixed.',
    ),
    options: z
      .strictObject(Object.fromEntries(options.map(({ name, schema }) => [name, schema.optional()])))
      .prefault({})
      .describe('What any method takes. Each is off unless it is given.'),
    training: trainingParameters
      .prefault({})
      .describe('How long, in which batches, and how the weights are moved.'),
    evaluation: z
      .strictObject({
        everyEpochs: z
          .number()
          .positive()
          .default(1)
          .describe('How often the network is evaluated during training; may be a part of an epoch.'),
        during: evaluation
          .prefault({ count: usualCounts.during, attacks: usualAttacks.during })
          .describe('What is measured while the network is trained.'),
        final: evaluation
          .safeExtend({
            corruptions: corruptionParameters
              .optional()
              .describe(
                'Accuracy under common corruptions as well, on the same images; `{}`: all of them. Absent: none.',
              ),
            network: z
              .enum(['last', 'best'])
              .default('last')
              .describe(
                "Which network the run's result is of: the last one, or the best one, chosen during training by robust " +
                  'accuracy and then by clean.',
              ),
            bothNetworks: z
              .boolean()
              .default(true)
              .describe(
                'With `training.validation` the other one of the two is evaluated as well, where it is another network, and ' +
                  'stands beside the result. Off: only the one that `network` names, in about half the time.',
              ),
          })
          .prefault({ count: usualCounts.final, attacks: usualAttacks.final })
          .describe('What is measured at the end.'),
      })
      .prefault({})
      .describe('Accuracies, clean and under attack.'),
    samples: z
      .strictObject({
        count: z.int().min(0).max(64).default(8).describe('Training images in the sample grid.'),
        everySteps: z.int().min(1).default(50).describe('Steps from one grid to the next.'),
      })
      .prefault({})
      .describe("The dashboard's pictures of a few training images, and of what the method makes of them."),
  });
}

/** An attack can be measured on fewer images than there are, not on more; one has to see them all. */
function withinCount(
  {
    count,
    attacks,
  }: { readonly count: number; readonly attacks: readonly { readonly count?: number | undefined }[] },
  context: z.core.$RefinementCtx,
): void {
  for (const [index, { count: own = count }] of attacks.entries()) {
    if (own <= count) continue;
    const message = `must be at most ${count}, the images of the evaluation; got ${own}`;
    context.addIssue({ code: 'custom', path: ['attacks', index, 'count'], message });
  }
  if (attacks.length === 0 || attacks.some(({ count: own = count }) => own >= count)) return;
  const most = Math.max(...attacks.map(({ count: own = count }) => own));
  const message =
    `must be ${most}, as no attack sees more of the ${count} images, and the robust accuracy is over all of them; ` +
    'or leave out the count of an attack';
  context.addIssue({ code: 'custom', path: ['count'], message });
}

/**
 * An experiment file, `*.m2at.json`. An entry of `runs` is laid over the rest of
 * the file (objects merge key by key, but one whose `name`, `shape` or `policy` differs replaces).
 */
function fileSchema(run: ReturnType<typeof runSchema>) {
  const { $schema, ...outer } = outerKeys;
  const { model, method } = run.shape;
  return z.strictObject({
    $schema,
    ...run.shape,
    model: model.optional(),
    method: method.optional(),
    ...outer,
  });
}

/** The lists that an experiment names entries of. */
export type ExperimentLists = Pick<Registry, 'attacks' | 'datasets' | 'methods' | 'options' | 'recipes'>;

export type ExperimentSchemas = ReturnType<typeof makeSchemas>;

function makeSchemas(lists: ExperimentLists) {
  const run = runSchema(lists);
  return { run, file: fileSchema(run) };
}

const made = new WeakMap<ExperimentLists, ExperimentSchemas>();

/** The schemas of a run and of a file, for what the lists hold. */
export function experimentSchemas(lists: ExperimentLists): ExperimentSchemas {
  const schemas = made.get(lists) ?? makeSchemas(lists);
  made.set(lists, schemas);
  return schemas;
}

export type ResolvedExperiment = z.output<ExperimentSchemas['run']>;
