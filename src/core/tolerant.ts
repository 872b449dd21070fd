import * as z from 'zod';

const made = new WeakMap<z.ZodType, z.ZodType>();

/** Where schemas are inside of a schema. */
const PARTS = ['shape', 'element', 'innerType', 'items', 'rest', 'valueType', 'options', 'in'];

/**
 * The form of a schema that reads what a later version wrote: keys that an object of it does not know stay as they are, at
 * every depth. What it knows is checked as before.
 */
export function tolerant<Schema extends z.ZodType>(schema: Schema): Schema {
  const known = made.get(schema) as Schema | undefined;
  if (known) return known;
  const entries = Object.entries<unknown>({ ...schema.def }).filter(([key]) => PARTS.includes(key));
  const parts = Object.fromEntries(entries.map(([key, value]) => [key, inside(value)]));
  const loose = schema instanceof z.ZodObject ? { catchall: z.unknown() } : {};
  const form = schema.clone({ ...schema.def, ...parts, ...loose });
  made.set(schema, form);
  return form;
}

function inside(value: unknown): unknown {
  if (value instanceof z.ZodType) return tolerant(value);
  if (Array.isArray(value)) return value.map(inside);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inside(part)]));
}
