import type * as z from 'zod';
import type { LabelledImages } from '../attacks/base/attack';
import { oneHot } from '../data/batch';
import type { NdArray } from '../engine/arrays/nd-array';
import { M2atError } from '../errors';
import type { Named, NamedSchema } from '../named-schema';
import type { Random } from '../random';
import type { Draws } from './draws';
import type { BatchConditions, CreateMethod, DrawnBatch, Method, MethodNetwork } from './method';

/** Passes over the network that one step takes; each is of the whole batch, forward and backward but for `forward`. */
export interface StepPasses {
  /** Of the inner attack: gradients of the images alone. */
  readonly attack: number;
  /** Of the loss: gradients of the weights. */
  readonly training: number;
  /** Forward passes that nothing is differentiated through. Absent: none. */
  readonly forward?: number;
}

/** The images of a batch, of how many classes they are, and where in the training it stands. */
export interface BatchImages extends LabelledImages, BatchConditions {
  readonly classes: number;
  /** Share of the training that is done before it, in [0, 1). */
  readonly progress: number;
  /** Of the whole training. */
  readonly steps: number;
  /** What the network's normalisation makes 0 of: a number in [0, 1] for each channel. Absent: black. */
  readonly meanColour?: readonly number[];
}

/** Steps that are done before a batch. */
export function stepsBefore({ progress, steps }: Pick<BatchImages, 'progress' | 'steps'>): number {
  return Math.round(progress * steps);
}

/** The stream of random numbers of a purpose, such as `mask`, for one batch: the same whenever it is asked for. */
export type RandomFor = (purpose: string) => Random;

/** What `defineMethod` is told. */
export interface MethodDescription<Parameters extends Named, Drawn extends Draws> {
  readonly name: Parameters['name'];
  /** Every key has a description, and all but the name and files have a default. */
  readonly parameters: NamedSchema<Parameters>;
  /** Keys that name files or folders: relative to the experiment file. Absent: none. */
  readonly files?: readonly (keyof Parameters & string)[];
  readonly passes: (parameters: Parameters) => StepPasses;
  /** What it draws at random, by name: checked when a batch comes to the method. */
  readonly draws: z.ZodType<Drawn>;
  /** Draws that for a batch, in a thread that loads neither TF.js nor ONNX Runtime. */
  readonly draw: (batch: BatchImages, parameters: Parameters, random: RandomFor) => Drawn;
  /** What the network is to answer: float32 [N, classes], rows that sum to 1. Absent: what the images show. */
  readonly targets?: (batch: BatchImages, drawn: Drawn, parameters: Parameters) => NdArray<'float32'>;
  /** Options that have no meaning with it, by their key, and why. Absent: none. */
  readonly refuses?: (parameters: Parameters) => Refusals;
  /** Loads what computes. */
  readonly load: () => Promise<CreateMethod<Parameters, Drawn>>;
}

/**
 * Why an option has no meaning here, by its key: the end of the sentence "… with this method: ". The key `accumulate` is
 * that of `training.accumulate`.
 */
export type Refusals = Readonly<Record<string, string>>;

/** A training method, as everybody may know it. */
export interface MethodDefinition {
  readonly name: string;
  readonly parameters: NamedSchema;
  /** Keys that name files or folders. */
  readonly files: readonly string[];
  /** The method with these parameters. @throws ZodError for those of another one */
  with(parameters: Named): ChosenMethod;
}

/** A training method with its parameters. Options that any method takes make another one of it. */
export interface ChosenMethod {
  readonly passes: StepPasses;
  readonly refuses: Refusals;
  /** All that is random about a batch. This and `complete` run in a thread that loads neither TF.js nor ONNX Runtime. */
  draw(batch: BatchImages, random: RandomFor): Draws;
  /** The batch of these draws: nothing else decides what is in it. */
  complete(batch: BatchImages, draws: Draws): DrawnBatch;
  /** Binds it to a network. */
  create(network: MethodNetwork): Promise<Method>;
}

/** A method from what its folder says of it. */
export function defineMethod<Parameters extends Named, Drawn extends Draws>(
  method: MethodDescription<Parameters, Drawn>,
): MethodDefinition {
  return {
    name: method.name,
    parameters: method.parameters,
    files: method.files ?? [],
    with(chosen) {
      const parameters = method.parameters.parse(chosen);
      return {
        passes: method.passes(parameters),
        refuses: method.refuses?.(parameters) ?? {},
        draw: (batch, random) => method.draw(batch, parameters, random),
        complete(batch, drawn) {
          const { images, labels, truth, unmixed, epsilonShare, classes } = batch;
          const targets = method.targets?.(batch, drawsOf(method, drawn), parameters);
          return {
            ...{ images, labels, targets: targets ?? truth ?? oneHot(labels, classes), draws: drawn },
            ...(truth && { truth }),
            ...(unmixed && { unmixed }),
            ...(epsilonShare !== undefined && { epsilonShare }),
          };
        },
        async create(network) {
          const create = await method.load();
          const bound = await create(network, parameters);
          const own = (batch: DrawnBatch): DrawnBatch<Drawn> => ({
            ...batch,
            draws: drawsOf(method, batch.draws),
          });
          return {
            ...bound,
            prepare: (batch, signal) => bound.prepare(own(batch), signal),
            preview: (batch, signal) => bound.preview(own(batch), signal),
          };
        },
      };
    },
  };
}

function drawsOf<Drawn>(
  { name, draws }: { readonly name: string; readonly draws: z.ZodType<Drawn> },
  drawn: Draws,
): Drawn {
  const { success, data, error } = draws.safeParse(drawn);
  if (success) return data;
  throw new M2atError('internal', `A batch for ${name} lacks what it draws: ${error.message}`);
}
