import { createM2at } from './m2at/m2at';
import type { CreateMethod } from './method';
import type { MethodParameters } from './method-schema';
import { createPgdAt } from './pgd-at';
import { createStandard } from './standard';

/** Binds the training method that `parameters` describe to a network. */
export const createMethod: CreateMethod<MethodParameters> = (network, parameters) => {
  switch (parameters.name) {
    case 'standard':
      return createStandard(network, parameters);
    case 'pgd-at':
      return createPgdAt(network, parameters);
    case 'm2at':
      return createM2at(network, parameters);
  }
};

/** Passes over the network that one step takes: gradient passes of the attack, and the training pass itself. */
export function passesPerStep(parameters: MethodParameters): number {
  return parameters.name === 'standard' ? 1 : 1 + parameters.steps;
}
