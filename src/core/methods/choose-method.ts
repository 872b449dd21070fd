import { M2atError } from '../errors';
import type { Named } from '../named-schema';
import type { ChosenMethod, MethodDefinition } from './define-method';

/** The method that `parameters` name, with them. @throws M2atError `bad-input` for one that is not in the list */
export function chooseMethod(methods: readonly MethodDefinition[], parameters: Named): ChosenMethod {
  const found = methods.find(({ name }) => name === parameters.name);
  if (found) return found.with(parameters);
  const known = methods.map(({ name }) => name).join(', ');
  throw new M2atError('bad-input', `there is no training method "${parameters.name}"; known are: ${known}`);
}
