import type { MethodDefinition, Refusals } from './define-method';
import type { OptionDefinition } from './define-option';

/** A setting that has no meaning beside another one. */
export interface Refused {
  /** The key of an option, or {@link ACCUMULATION}. */
  readonly key: string;
  /** What it can't be combined with, such as `the method free` or `options.awp`. */
  readonly beside: string;
  readonly reason: string;
}

/** How refusals name `training.accumulate`, which is no option. */
export const ACCUMULATION = 'accumulate';

/**
 * What has no meaning beside a method and options: each option that the method or another of the options refuses, given or
 * not. Values that are unfinished or wrong refuse nothing.
 * @param method the value of the key `method`
 * @param options the values of the options that are given
 */
export function refusedBy(
  lists: { readonly methods: readonly MethodDefinition[]; readonly options: readonly OptionDefinition[] },
  method: unknown,
  options: Readonly<Record<string, unknown>>,
): Refused[] {
  const reasons = (beside: string, refusals: Refusals): Refused[] =>
    Object.entries(refusals).map(([key, reason]) => ({ key, beside, reason }));
  const name: unknown = typeof method === 'object' && method !== null && 'name' in method && method.name;
  const named = lists.methods.filter((definition) => definition.name === name);
  const chosen = named.flatMap((definition) => {
    const parsed = definition.parameters.safeParse(method);
    return parsed.success ? [{ definition, parameters: parsed.data }] : [];
  });
  return [
    ...chosen.flatMap(({ definition, parameters }) =>
      reasons(`the method ${definition.name}`, {
        ...unsuited(lists.options, parameters),
        ...definition.with(parameters).refuses,
      }),
    ),
    ...lists.options.flatMap((option) => {
      const value = options[option.name];
      const given = value !== undefined && option.schema.safeParse(value).success;
      return given ? reasons(`options.${option.name}`, option.refuses(value)) : [];
    }),
  ];
}

/** Options that say themselves that they have no meaning with a method. */
function unsuited(options: readonly OptionDefinition[], method: object): Refusals {
  return Object.fromEntries(
    options.flatMap(({ name, refusesMethod }) => {
      const reason = refusesMethod(method);
      return reason === undefined ? [] : [[name, reason]];
    }),
  );
}
