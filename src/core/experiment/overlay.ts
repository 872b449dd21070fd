export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

/** The keys that tell the kinds of an object apart: where one differs, two objects don't merge. */
export const tags = ['name', 'shape', 'policy'];

/**
 * Lays `over` on `base`: objects merge key by key, anything else replaces. An object whose tag (`name`,
 * `shape` or `policy`) differs from the base's replaces it whole, because its parameters are others.
 */
export function overlay(base: JsonObject, over: JsonObject): JsonObject {
  const result: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    result[key] =
      isJsonObject(value) && isJsonObject(below) && sameKind(below, value) ? overlay(below, value) : value;
  }
  return result;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function sameKind(below: JsonObject, over: JsonObject): boolean {
  return tags.every((tag) => over[tag] === undefined || over[tag] === below[tag]);
}
