import type * as z from 'zod';
import type { Refusals } from './define-method';
import type { MethodOption } from './method-option';

/** What `defineOption` is told. */
export interface OptionDescription<Value> {
  /** Its key under `options`. */
  readonly name: string;
  /** What it is in a few words, with its source, and every key of it, have descriptions. */
  readonly schema: z.ZodType<Value>;
  /** Other options that have no meaning beside it, by their key, and why. Absent: none. */
  readonly refuses?: (value: Value) => Refusals;
  /** Why it has no meaning with a method of these parameters; undefined where it has one. Absent: it always has. */
  readonly refusesMethod?: (method: object) => string | undefined;
  /** The method with the option. What computes is loaded when the method is bound to a network. */
  readonly apply: (value: Value) => MethodOption;
}

/** An option that any method takes, as everybody may know it. */
export interface OptionDefinition {
  readonly name: string;
  readonly schema: z.ZodType;
  /** @throws ZodError for a value of another option */
  with(value: unknown): MethodOption;
  /** @throws ZodError for a value of another option */
  refuses(value: unknown): Refusals;
  /** Why it has no meaning with a method of these parameters. */
  readonly refusesMethod: (method: object) => string | undefined;
}

/** An option from what its folder says of it. */
export function defineOption<Value>(option: OptionDescription<Value>): OptionDefinition {
  const { name, schema } = option;
  return {
    name,
    schema,
    with: (value) => option.apply(schema.parse(value)),
    refuses: (value) => option.refuses?.(schema.parse(value)) ?? {},
    refusesMethod: option.refusesMethod ?? (() => undefined),
  };
}
