import type { ChosenMethod } from './define-method';
import { plainUpdate, type Update } from './method';

/**
 * An option that any method takes: it makes another method of it, with other draws and targets (label smoothing, mixup),
 * or with another update ({@link withUpdate}: weight perturbation, averages of the weights, clipped gradients).
 */
export type MethodOption = (method: ChosenMethod) => ChosenMethod;

/** The method with what `change` makes of its update. */
export function withUpdate(method: ChosenMethod, change: (update: Update) => Update): ChosenMethod {
  return {
    ...method,
    create: async (network) => {
      const bound = await method.create(network);
      return { ...bound, update: change(bound.update ?? plainUpdate) };
    },
  };
}
