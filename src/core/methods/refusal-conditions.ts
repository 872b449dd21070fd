import * as z from 'zod';
import type { MethodDefinition, Refusals } from './define-method';
import type { OptionDefinition } from './define-option';

/** An option that a method or another option refuses, as far as that follows from single keys with few values. */
export interface Refusal {
  /** Of the option. */
  readonly key: string;
  readonly reason: string;
  /** Values of keys of the method, or of the other option, with which it does; all of them. Empty: always. */
  readonly when: Readonly<Record<string, KeyValues>>;
}

export interface KeyValues {
  readonly values: readonly unknown[];
  /** Whether that is so without the key, too. */
  readonly byDefault: boolean;
}

/** What a method refuses, and the options that refuse it. */
export function refusalsOfMethod(method: MethodDefinition, options: readonly OptionDefinition[]): Refusal[] {
  return conditions(method.parameters, (value) => {
    const unsuited = options.flatMap(({ name, refusesMethod }) => {
      const reason = refusesMethod(value);
      return reason === undefined ? [] : [[name, reason] as const];
    });
    return { ...Object.fromEntries(unsuited), ...method.with(value).refuses };
  });
}

/** What an option refuses. */
export function refusalsOfOption(option: OptionDefinition): Refusal[] {
  return conditions(option.schema, (value) => option.refuses(value));
}

/** Tries the usual value, and every other value of each key that has few. */
function conditions<Value>(schema: z.ZodType<Value>, refuses: (value: Value) => Refusals): Refusal[] {
  const fields = record(z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }));
  const usual = exampleOf(fields);
  const attempt = (value: unknown): Refusals | undefined => {
    const parsed = schema.safeParse(value);
    return parsed.success ? refuses(parsed.data) : undefined;
  };
  const byDefault = attempt(usual) ?? {};
  const choices = Object.entries(record(fields.properties)).flatMap(([key, property]) => {
    const values = valuesOf(record(property));
    if (values.length < 2) return [];
    const tried = values.flatMap((value) => {
      const refused = attempt({ ...record(usual), [key]: value });
      return refused ? [{ value, refused }] : [];
    });
    return [{ key, tried }];
  });
  const all = [byDefault, ...choices.flatMap(({ tried }) => tried.map(({ refused }) => refused))];
  return [...new Set(all.flatMap(Object.keys))].flatMap((option) => {
    const reason = all.find((refused) => option in refused)?.[option] ?? '';
    const limits = choices.flatMap(({ key, tried }) => {
      const values = tried.filter(({ refused }) => option in refused).map(({ value }) => value);
      const decides = values.length > 0 && values.length < tried.length;
      return decides ? [[key, { values, byDefault: option in byDefault }] as const] : [];
    });
    return option in byDefault
      ? [{ key: option, reason, when: Object.fromEntries(limits) }]
      : limits.map(([key, values]) => ({ key: option, reason, when: { [key]: values } }));
  });
}

type Fields = Readonly<Record<string, unknown>>;

/** A value with nothing in it that may be left out. */
function exampleOf(schema: Fields): unknown {
  const { default: usual, const: only, enum: several, required, properties, type, anyOf, oneOf } = schema;
  if (usual !== undefined) return usual;
  if (only !== undefined) return only;
  if (Array.isArray(several)) return several[0];
  const branches: unknown = anyOf ?? oneOf;
  if (Array.isArray(branches)) return exampleOf(record(branches[0]));
  if (type === 'string') return 'x';
  if (type === 'boolean') return false;
  if (type !== 'object') return schema.maximum ?? schema.minimum ?? 1;
  const needed = Array.isArray(required) ? required.map(String) : [];
  return Object.fromEntries(needed.map((key) => [key, exampleOf(record(record(properties)[key]))]));
}

function valuesOf({ enum: several, type }: Fields): readonly unknown[] {
  if (Array.isArray(several)) return several;
  return type === 'boolean' ? [false, true] : [];
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
