import * as z from 'zod';
import { refusalsOfMethod, refusalsOfOption, type Refusal } from '../methods/refusal-conditions';
import { ACCUMULATION } from '../methods/refusals';
import { builtIn } from '../registry/registry';
import { experimentSchemas, type ExperimentLists } from './experiment-schema';
import { tags } from './overlay';

type Schema = Record<string, unknown>;

/**
 * The JSON schema (draft 7) of experiment files, for editors that know no better; VS Code has this project's own
 * completion and messages. In an entry of `runs` every key of the file is known, but none is required.
 */
export function experimentJsonSchema(lists: ExperimentLists = builtIn): Schema {
  const { file, run } = experimentSchemas(lists);
  const schema = toJson(file);
  const { properties: entry } = toJson(run.partial());
  const properties = asRecord(schema.properties);
  const runs = asRecord(properties.runs);
  const refused = refusals(lists);
  // A record may name one that is not in the list any more; a file may not.
  const { anyOf: named, ...about } = asRecord(properties.recipe);
  const recipe = { recipe: { ...about, anyOf: Array.isArray(named) ? named.slice(0, -1) : [] } };
  return {
    ...tagged(schema),
    title: 'M2AT experiment',
    description: 'A training run, or several: what is trained, on what, how, and how it is evaluated.',
    allowComments: true,
    allowTrailingCommas: true,
    required: ['dataset'],
    anyOf: [['model', 'method'], ['recipe'], ['runs'], ['sweep']].map((required) => ({ required })),
    properties: {
      ...tagged(properties),
      ...recipe,
      runs: {
        ...runs,
        items: {
          type: 'object',
          required: ['name'],
          properties: { ...tagged(withoutRequired(asRecord(entry))), ...recipe },
          ...(refused.length > 0 && { allOf: refused }),
        },
      },
    },
    // What a file says besides its runs is not what is done.
    ...(refused.length > 0 && { if: { not: { required: ['runs'] } }, then: { allOf: refused } }),
  };
}

/** Options that have no meaning beside a method or another option. `errorMessage` and `doNotSuggest` are VS Code's. */
function refusals({ methods, options }: ExperimentLists): Schema[] {
  const refuse = (condition: Schema, { key, reason }: Refusal): Schema => ({
    if: condition,
    then: {
      properties:
        key === ACCUMULATION
          ? { training: { properties: { [key]: { maximum: 1, errorMessage: reason } } } }
          : { options: { properties: { [key]: { not: {}, errorMessage: reason, doNotSuggest: true } } } },
    },
  });
  const having = (when: Refusal['when'], name?: string): Schema => ({
    required: [
      ...(name === undefined ? [] : ['name']),
      ...Object.entries(when).flatMap(([key, { byDefault }]) => (byDefault ? [] : [key])),
    ],
    properties: {
      ...(name !== undefined && { name: { const: name } }),
      ...Object.fromEntries(Object.entries(when).map(([key, { values }]) => [key, { enum: values }])),
    },
  });
  const within = (key: string, schema: Schema): Schema => ({
    required: [key],
    properties: { [key]: schema },
  });
  return [
    ...methods.flatMap((method) =>
      refusalsOfMethod(method, options).map((refusal) =>
        refuse(within('method', having(refusal.when, method.name)), refusal),
      ),
    ),
    ...options.flatMap((option) =>
      refusalsOfOption(option).map((refusal) =>
        refuse(within('options', within(option.name, having(refusal.when))), refusal),
      ),
    ),
  ];
}

function toJson(schema: z.ZodType): Schema {
  return { ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) };
}

/** An entry of `runs` names only what differs, at any depth: nothing is required in it. */
function withoutRequired(schema: Schema): Schema {
  const { required, ...rest } = schema;
  // A property may be called so, too.
  return deeply(Array.isArray(required) ? rest : schema, withoutRequired);
}

/**
 * Instead of "one of these objects", whose failure editors report against some branch or other: the tag's values, and
 * for each of them which keys belong to it.
 */
function tagged(schema: Schema): Schema {
  const branches = Array.isArray(schema.oneOf) ? schema.oneOf.map(asRecord) : [];
  const tag = tags.find(
    (key) => branches.length > 0 && branches.every(({ properties }) => key in asRecord(properties)),
  );
  if (tag === undefined) return deeply(schema, tagged);
  const tagOf = ({ properties }: Schema): Schema => asRecord(asRecord(properties)[tag]);
  const valuesOf = (value: Schema): unknown[] => (Array.isArray(value.enum) ? value.enum : [value.const]);
  return {
    ...schema,
    oneOf: undefined,
    type: 'object',
    ...(branches.every(({ required }) => Array.isArray(required)) && { required: [tag] }),
    properties: { [tag]: { enum: branches.flatMap((branch) => valuesOf(tagOf(branch))) } },
    allOf: branches.map((branch) => ({
      if: { required: [tag], properties: { [tag]: { enum: valuesOf(tagOf(branch)) } } },
      then: tagged(branch),
    })),
  };
}

function deeply(schema: Schema, change: (part: Schema) => Schema): Schema {
  const changed = (part: unknown): unknown => (isRecord(part) ? change(part) : part);
  return Object.fromEntries(
    Object.entries(schema).map(([key, part]) => [
      key,
      // Values, not schemas.
      key === 'default' || key === 'suggestions'
        ? part
        : Array.isArray(part)
          ? part.map(changed)
          : changed(part),
    ]),
  );
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): Schema {
  return isRecord(value) ? value : {};
}
