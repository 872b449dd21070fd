import { M2atError } from '../errors';
import type { Named } from '../named-schema';
import type { ChosenMethod, MethodDefinition } from './define-method';
import type { OptionDefinition } from './define-option';
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

/** The options that have a value, in the order of the list. */
export function chosenOptions(
  list: readonly OptionDefinition[],
  values: Readonly<Record<string, unknown>>,
): MethodOption[] {
  return list.flatMap((option) => {
    const value = values[option.name];
    return value === undefined ? [] : [option.with(value)];
  });
}
