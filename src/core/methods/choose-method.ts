import { M2atError } from '../errors';
import type { Named } from '../named-schema';
import type { ChosenMethod, MethodDefinition } from './define-method';
import type { MethodOption } from './method-option';

/**
 * The method that `parameters` name, with them, and with the options laid around it, the last one outermost.
 * @throws M2atError `unsupported` for one that is not in the list
 */
export function chooseMethod(
  methods: readonly MethodDefinition[],
  parameters: Named,
  options: readonly MethodOption[] = [],
): ChosenMethod {
  const found = methods.find(({ name }) => name === parameters.name);
  if (found) return options.reduce((method, option) => option(method), found.with(parameters));
  throw new M2atError('unsupported', `the method ${JSON.stringify(parameters.name)} is not known here`, {
    hint: `Known: ${methods.map(({ name }) => name).join(', ')}.`,
  });
}
