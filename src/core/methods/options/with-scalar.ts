import type * as tf from '@tensorflow/tfjs';
import { scalar } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import type { BatchImages, ChosenMethod } from '../define-method';
import {
  plainUpdate,
  type Method,
  type MethodNetwork,
  type Step,
  type StepNumbers,
  type Update,
} from '../method';

/** An update around another one, with the scalar of the step. */
export type ScalarUpdate = (update: Update, step: Step, scalar: tf.Tensor) => StepNumbers;

/** A method whose steps take a number that changes as the training goes on: each batch brings it. */
export function withScalar(
  method: ChosenMethod,
  option: {
    /** Under which a batch has it, beside what is drawn. */
    readonly name: string;
    readonly valueOf: (batch: BatchImages) => number;
    /** What becomes of the method, with an update that takes the scalar. */
    readonly change: (
      bound: Method,
      network: MethodNetwork,
    ) => Promise<
      Omit<Partial<Method>, 'prepare' | 'loss' | 'update' | 'stepInputs'> & { readonly update: ScalarUpdate }
    >;
  },
): ChosenMethod {
  const { name, valueOf, change } = option;
  return {
    ...method,
    complete(batch, draws) {
      const drawn = method.complete(batch, draws);
      return { ...drawn, draws: { ...drawn.draws, [name]: scalar(valueOf(batch)) } };
    },
    async create(network) {
      const bound = await method.create(network);
      const { loss, update = plainUpdate } = bound;
      const { update: around, ...changes } = await change(bound, network);
      return {
        ...bound,
        ...changes,
        async prepare(batch, signal) {
          const value = batch.draws[name];
          if (!value) throw new M2atError('internal', `A batch lacks its ${name}.`);
          return [...(await bound.prepare(batch, signal)), value];
        },
        stepInputs: (bound.stepInputs ?? 0) + 1,
        // Whatever is inside takes its own inputs only.
        ...(loss && { loss: (trained, ...inputs) => loss(trained, ...inputs.slice(0, -1)) }),
        update(step) {
          const value = step.inputs.at(-1);
          if (!value) throw new TypeError(`The step has no ${name}.`);
          return around(update, { ...step, inputs: step.inputs.slice(0, -1) }, value);
        },
      };
    },
  };
}
