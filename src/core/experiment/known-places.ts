import * as z from 'zod';
import type { FieldPath } from './describe-issue';
import { refusedBy } from '../methods/refusals';
import { builtIn } from '../registry/registry';
import { experimentSchemas, type ExperimentLists } from './experiment-schema';
import { isJsonObject, tags, type JsonObject } from './overlay';
import { withRecipe } from './recipe-name';
import { refusalText } from './refusal-problems';
import { SWEEP } from './sweep';

/** What an experiment file may hold at one place. */
export interface KnownPlace {
  readonly value: KnownValue;
  /** Keys of an object, in the schema's order; empty where no object is expected. */
  readonly keys: ReadonlyMap<string, KnownPlace>;
  /** Entries of a list. */
  readonly items?: KnownPlace;
}

export interface KnownValue {
  readonly description?: string;
  readonly default?: unknown;
  /** Values that are usual where the default follows from other keys. */
  readonly suggestions?: readonly unknown[];
  /** The values that it may have, where they can be listed. */
  readonly values: readonly ListedValue[];
  /** An object or a list: its text begins with this. */
  readonly opening?: '{' | '[';
  /** Range or type in a few words, such as `a whole number, 1 to 1000`. */
  readonly kind: string;
  /** Must be there: has no default. */
  readonly required: boolean;
  /** Why it has no meaning here, beside what else the file says. */
  readonly refused?: string;
}

export interface ListedValue {
  readonly value: unknown;
  readonly description?: string;
}

/** A place as the schema knows it, before the branches of unions are chosen. */
interface SchemaPlace extends KnownPlace {
  readonly keys: ReadonlyMap<string, SchemaPlace>;
  readonly items?: SchemaPlace;
  /** Objects of several kinds, told apart by the value of one key. */
  readonly union?: { readonly tag: string; readonly branches: readonly SchemaPlace[] };
}

const places = new WeakMap<ExperimentLists, { readonly file: SchemaPlace; readonly run: SchemaPlace }>();

/**
 * What may stand at a path of an experiment file, with the branch of each union that the file's own tags choose.
 * An entry of `runs` is looked at as it is laid over the file. Below the grid and the zip of a sweep stand the paths of what
 * it can go through.
 * @returns undefined for a path that leads to nothing known
 */
export function knownPlace(
  file: JsonObject,
  path: FieldPath,
  lists: ExperimentLists = builtIn,
): KnownPlace | undefined {
  const schemas = placesOf(lists);
  const { runs, ...base } = file;
  const [first, index, ...rest] = path;
  if (first === SWEEP && (index === 'grid' || index === 'zip')) {
    const [entry] = Array.isArray(runs) ? runs.filter(isJsonObject) : [];
    const run = withRecipe(lists.recipes, base, entry);
    return sweptPlace(walk(schemas.file, file, [first, index]), schemas.run, run, rest);
  }
  if (first !== 'runs' || typeof index !== 'number') {
    return withRefusals(schemas.file, { ...file, ...withRecipe(lists.recipes, base) }, path, lists);
  }
  const entry: unknown = Array.isArray(runs) ? runs[index] : undefined;
  const run = withRecipe(lists.recipes, base, isJsonObject(entry) ? entry : {});
  return withRefusals(schemas.run, run, rest, lists);
}

/** What may stand at the paths of a value of some other schema. */
export function placesIn(schema: z.ZodType, value: JsonObject): (path: FieldPath) => KnownPlace | undefined {
  const place = fromZod(schema);
  return (path) => walk(place, value, path);
}

/** @param path below the lists of a sweep: a dotted path, the index of a value, and what is in that */
function sweptPlace(
  lists: KnownPlace | undefined,
  place: SchemaPlace,
  run: JsonObject,
  [dotted, index, ...rest]: FieldPath,
): KnownPlace | undefined {
  if (dotted === undefined) return lists && { ...lists, keys: new Map(dottedPlaces(place, run, '')) };
  const parts = String(dotted)
    .split('.')
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
  const item = walk(place, run, index === undefined ? parts : [...parts, ...rest]);
  return item && (index === undefined ? listOf(item) : item);
}

/** Values of a place that a sweep goes through. */
function listOf(items: KnownPlace): KnownPlace {
  const { description } = items.value;
  const value = { values: [], opening: '[', kind: 'a list of values', required: false } as const;
  return { value: { ...value, ...(description !== undefined && { description }) }, keys: new Map(), items };
}

/** Every place that has a value of its own, by its dotted path. */
function dottedPlaces(place: SchemaPlace, value: unknown, path: string): (readonly [string, KnownPlace])[] {
  const chosen = withBranch(place, value);
  const below = (part: string | number): unknown =>
    typeof value === 'object' && value !== null && Object.hasOwn(value, part)
      ? Reflect.get(value, part)
      : undefined;
  const at = (part: string | number): string => (path === '' ? String(part) : `${path}.${part}`);
  const { items } = chosen;
  if (items && Array.isArray(value)) {
    return value.flatMap((entry: unknown, index) => dottedPlaces(items, entry, at(index)));
  }
  if (chosen.keys.size === 0) return [[path, listOf(chosen)]];
  return [...chosen.keys]
    .filter(([key]) => path !== '' || key !== 'name')
    .flatMap(([key, each]) => dottedPlaces(each, below(key), at(key)));
}

/** The place at a path; options that have no meaning beside the rest say so. */
function withRefusals(
  place: SchemaPlace,
  run: JsonObject,
  path: FieldPath,
  lists: ExperimentLists,
): KnownPlace | undefined {
  const found = walk(place, run, path);
  const [first, key, ...below] = path;
  if (!found || first !== 'options' || below.length > 0) return found;
  const options = isJsonObject(run.options) ? run.options : {};
  const refusals = new Map(
    refusedBy(lists, run.method, options).map((each) => [each.key, refusalText(each)]),
  );
  const marked = (each: KnownPlace, name: string): KnownPlace => {
    const refused = refusals.get(name);
    return refused === undefined ? each : { ...each, value: { ...each.value, refused } };
  };
  if (typeof key === 'string') return marked(found, key);
  return { ...found, keys: new Map([...found.keys].map(([name, each]) => [name, marked(each, name)])) };
}

function placesOf(lists: ExperimentLists): { readonly file: SchemaPlace; readonly run: SchemaPlace } {
  const { file, run } = experimentSchemas(lists);
  const known = places.get(lists) ?? { file: fromZod(file), run: fromZod(run) };
  places.set(lists, known);
  return known;
}

function walk(place: SchemaPlace, value: unknown, path: FieldPath): KnownPlace | undefined {
  const chosen = withBranch(place, value);
  const [part, ...rest] = path;
  if (part === undefined) return chosen;
  const next = typeof part === 'number' ? chosen.items : chosen.keys.get(part);
  const has = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
  return next && walk(next, has ? Reflect.get(value, part) : undefined, rest);
}

/** With the keys of the branch whose tag the value has; of the tag alone where it has none. */
function withBranch(place: SchemaPlace, value: unknown): SchemaPlace {
  const { union } = place;
  if (!union) return place;
  const { tag, branches } = union;
  const given = isJsonObject(value) ? value[tag] : undefined;
  const tagOf = (branch: SchemaPlace): readonly ListedValue[] => branch.keys.get(tag)?.value.values ?? [];
  const branch = branches.find((each) => tagOf(each).some((item) => item.value === given));
  const all: KnownValue = { values: branches.flatMap(tagOf), kind: 'text', required: true };
  return { ...place, keys: new Map([...(branch?.keys ?? []), [tag, { value: all, keys: new Map() }]]) };
}

function fromZod(schema: z.ZodType): SchemaPlace {
  return fromSchema(z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }), true);
}

function fromSchema(schema: unknown, required: boolean): SchemaPlace {
  const fields = record(schema);
  const { properties, required: needed, oneOf } = objectOf(fields);
  const keys = Object.entries(record(properties)).map(([key, property]): [string, SchemaPlace] => [
    key,
    fromSchema(property, Array.isArray(needed) && needed.includes(key)),
  ]);
  const { items } = fields;
  const branches = Array.isArray(oneOf) ? oneOf.map((branch) => fromSchema(branch, true)) : [];
  const tag = tags.find((key) => branches.length > 0 && branches.every((branch) => branch.keys.has(key)));
  return {
    value: valueOf(fields, required),
    keys: new Map(keys),
    ...(items !== undefined && { items: fromSchema(items, true) }),
    ...(tag !== undefined && { union: { tag, branches } }),
  };
}

/** Of several types that a value may have, the object; else the value as it is. */
function objectOf(fields: Fields): Fields {
  const choices = Array.isArray(fields.anyOf) ? fields.anyOf.map(record) : [];
  return choices.find(({ type, oneOf }) => type === 'object' || oneOf !== undefined) ?? fields;
}

function valueOf(fields: Fields, required: boolean): KnownValue {
  const { description, anyOf } = fields;
  const choices: unknown[] = Array.isArray(anyOf) ? anyOf : [];
  const types = [fields, ...choices.map(record)]
    .flatMap(({ type }) => type)
    .filter((type) => typeof type === 'string');
  // A value that may also be a number begins as one likes.
  const isObject =
    types.every((type) => type === 'object') && (types.length > 0 || fields.oneOf !== undefined);
  return {
    ...(typeof description === 'string' && { description }),
    ...(fields.default !== undefined && { default: fields.default }),
    ...(Array.isArray(fields.suggestions) && { suggestions: fields.suggestions }),
    values: listed(fields),
    ...(isObject ? { opening: '{' } : types.includes('array') ? { opening: '[' } : {}),
    kind: isObject ? 'an object' : kindOf(fields, types),
    required,
  };
}

function listed({ const: only, enum: several, type, description, anyOf }: Fields): ListedValue[] {
  if (Array.isArray(anyOf)) return anyOf.flatMap((choice) => listed(record(choice)));
  const values: unknown[] = Array.isArray(several)
    ? several
    : only !== undefined
      ? [only]
      : type === 'boolean'
        ? [true, false]
        : [];
  return values.map((value) => ({ value, ...(typeof description === 'string' && { description }) }));
}

function kindOf({ minimum, maximum, exclusiveMinimum }: Fields, types: readonly string[]): string {
  const name = [...new Set(types)].map((type) => typeNames[type] ?? type).join(' or ');
  // What a JSON number can hold is no limit that anyone needs to know.
  const most = typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  const limits = [
    ...(typeof minimum === 'number' ? [`at least ${minimum}`] : []),
    ...(typeof exclusiveMinimum === 'number' ? [`more than ${exclusiveMinimum}`] : []),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
  return [name, ...limits].join(', ');
}

const typeNames: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

type Fields = Readonly<Record<string, unknown>>;

function record(value: unknown): Fields {
  return isJsonObject(value) ? value : {};
}
