import * as z from 'zod';
import { storedAttack } from '../attacks/parameters/stored-attack';
import { namedDataset } from '../data/named-dataset';
import { corruptionParameters } from '../corruptions/corruption-parameters';
import { inputSpecFile } from '../models/input/input-spec-schema';
import { plainPath, shownText } from '../text-schema';
import { recordForm } from './record-form';
import { measured } from './accuracy-fields';

/** Where the images of an attack come from. */
export const attackSource = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('dataset'), parameters: namedDataset }),
  /** Absolute paths of a pair of `.npy` files. */
  z.strictObject({ kind: z.literal('arrays'), images: plainPath, labels: plainPath }),
]);
export type AttackSource = z.output<typeof attackSource>;

/** `attack.json`: what an attack run does, with everything that its numbers depend on. */
export const attackTask = z.strictObject({
  ...recordForm,
  /** Absolute path of the model. */
  checkpoint: plainPath,
  /** Absent where the caller brought the images along: such a run can't be resumed. */
  source: attackSource.optional(),
  /** What the user said of the network's input and output, beyond its sidecar. */
  input: inputSpecFile.optional(),
  /** Whether other conventions of input may be tried; true where it is absent. */
  probe: z.boolean().optional(),
  /** None where only corruptions are measured. */
  attacks: z.array(z.strictObject({ parameters: storedAttack, group: z.int().min(0) })),
  groups: z.array(
    z.strictObject({
      /** Part of a file's name. */
      name: z.string().regex(/^[\w.-]{1,100}$/),
      title: shownText,
      ensemble: z.boolean(),
      missing: z.array(shownText),
      epsilons: z.array(z.number()).optional(),
    }),
  ),
  /** Common corruptions that are measured after the attacks; absent: none. */
  corruptions: corruptionParameters.optional(),
  /** The images, by their index in the source. */
  indices: z.array(z.int().min(0)).min(1),
  /** For attacks with the target `file`: the class to reach, an entry an image of `indices`. */
  targets: z.array(z.int()).optional(),
  seed: z.int().min(0),
  /** `DRAWS_VERSION` of the program that began. Absent in runs of the first versions: 1. */
  draws: z.int().min(1).optional(),
  batchSize: z.int().min(1),
  /** Examples are put on the 8-bit grid before they are judged; absent: they are not. */
  eightBit: z.boolean().optional(),
  device: shownText,
  threads: z.int().min(0),
});
export type StoredAttackTask = z.output<typeof attackTask>;

/** One line of `attack-state.jsonl`. */
export const attackStateLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('clean'),
    /** label, confidence, loss of each image. */
    predictions: z.array(z.tuple([z.int(), z.number(), measured])),
    /** Where an attack aims by them: the classes with the largest and the smallest logit that are not the label. */
    ranked: z.array(z.tuple([z.int().nullable(), z.int().nullable()])).optional(),
    /** What was found out about the network before the attacks. */
    check: z.strictObject({
      zeroGradients: z.int(),
      checked: z.int(),
      notFinite: z.int().optional(),
      gradientInside: z.boolean().optional(),
      faultyNode: z.strictObject({ op: shownText, node: shownText }).optional(),
      probabilities: z.boolean(),
      shares: z.boolean().optional(),
      randomness: z.number(),
      input: shownText.optional(),
    }),
  }),
  z.strictObject({
    kind: z.literal('batch'),
    attack: z.int().min(0),
    batch: z.int().min(0),
    seconds: z.number(),
    invalid: z.int().min(0),
    /** Of the bytes that the batch wrote to its file of adversarial images. */
    sha256: z.string(),
    images: z.array(
      z.strictObject({
        /** Place in `indices`. */
        position: z.int().min(0),
        index: z.int().min(0),
        label: z.int().min(0),
        prediction: z.int().min(0),
        confidence: z.number(),
        broken: z.boolean(),
        /** Of a targeted attack. */
        target: z.int().min(0).optional(),
        misclassified: z.boolean().optional(),
        norm: z.number(),
        loss: measured,
        survivesRounding: z.boolean().optional(),
        /** A decision-based attack found nothing to start from. */
        noStart: z.literal(true).optional(),
      }),
    ),
  }),
]);
export type AttackStateLine = z.output<typeof attackStateLine>;
