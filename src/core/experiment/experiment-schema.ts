import * as z from 'zod';
import { attackParameters } from '../attacks/plan/attack-schema';
import { datasets } from '../data/sets';
import { deviceNames } from '../engine/devices/device';
import { methods } from '../methods';
import { modelParameters } from '../models/networks/model-schema';
import { oneOf } from '../named-schema';
import { plainText } from '../text-schema';
import { trainingParameters } from './training-schema';

const methodParameters = oneOf(methods);

const evaluation = z.strictObject({
  count: z.int().min(1).max(10_000).describe('Number of test images.'),
  attacks: z.array(attackParameters).max(32),
});

/** One training run, every default filled in: what the run directory keeps and what replays the run. */
export const resolvedExperiment = z.strictObject({
  name: plainText.min(1).max(100).default('experiment'),
  seed: z.int().min(0).max(4_294_967_295).default(0),
  device: z.enum(['auto', ...deviceNames]).default('auto'),
  threads: z.int().min(0).max(1024).default(0).describe('CPU threads; 0 means all cores.'),
  dataset: oneOf(datasets),
  model: modelParameters,
  method: methodParameters,
  training: trainingParameters.prefault({}),
  evaluation: z
    .strictObject({
      everyEpochs: z
        .number()
        .positive()
        .default(1)
        .describe('How often the network is evaluated during training; may be a part of an epoch.'),
      during: evaluation.prefault({ count: 500, attacks: [{ name: 'pgd', steps: 10 }] }),
      final: evaluation.prefault({ count: 1000, attacks: [{ name: 'fgsm' }, { name: 'pgd', steps: 20 }] }),
    })
    .prefault({}),
  samples: z
    .strictObject({
      count: z.int().min(0).max(64).default(8).describe('Training images in the sample grid.'),
      everySteps: z.int().min(1).default(50),
    })
    .prefault({}),
});

/**
 * An experiment file, `*.m2at.json`. `runs` turns it into several runs: each entry is laid over the rest of
 * the file (objects merge key by key, but one whose `name`, `shape` or `policy` differs replaces).
 */
export const experimentFile = z.strictObject({
  $schema: z.string().optional(),
  ...resolvedExperiment.shape,
  method: methodParameters.optional(),
  runs: z
    .array(z.looseObject({ name: plainText.min(1).max(60) }))
    .min(1)
    .max(64)
    .optional()
    .describe('Several runs from one file: each entry is laid over the rest of the file.'),
});

export type ResolvedExperiment = z.output<typeof resolvedExperiment>;
