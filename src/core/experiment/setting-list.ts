import { builtIn } from '../registry/registry';
import type { FieldPath } from './describe-issue';
import type { ExperimentLists } from './experiment-schema';
import { knownPlace, type KnownPlace, type ListedValue } from './known-places';
import { isJsonObject, type Json, type JsonObject } from './overlay';

/** One setting of a run. */
export interface Setting {
  /** Dotted, such as `evaluation.final.attacks.0.epsilon`. */
  readonly path: string;
  /** Absent: it is not set. */
  readonly value?: Json;
  readonly description: string;
  /** Range or type in a few words. */
  readonly kind: string;
  /** The values that it may have, where they can be listed. */
  readonly choices: readonly ListedValue[];
}

export type PlaceAt = (path: FieldPath) => KnownPlace | undefined;

/** Every setting of a resolved experiment, and those that it could have beside them, in the order of the schema. */
export function settingList(experiment: JsonObject, lists: ExperimentLists = builtIn): Setting[] {
  const placeAt: PlaceAt = (path) => knownPlace(experiment, path, lists);
  return Object.entries(experiment).flatMap(([key, value]) => settingsBelow([key], value, placeAt));
}

/** Every setting at a path and below it, and those that could be there. @param value what is there */
export function settingsBelow(path: FieldPath, value: Json | undefined, placeAt: PlaceAt): Setting[] {
  const place = placeAt(path);
  if (isJsonObject(value)) {
    const keys = new Set([...(place?.keys.keys() ?? []), ...Object.keys(value)]);
    return [...keys].flatMap((key) => {
      const refused = place?.keys.get(key)?.value.refused !== undefined;
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      return own === undefined && refused ? [] : settingsBelow([...path, key], own, placeAt);
    });
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isJsonObject)) {
    return value.flatMap((entry, n) => settingsBelow([...path, n], entry, placeAt));
  }
  const { description = '', kind = '', values = [] } = place?.value ?? {};
  return [
    { path: path.join('.'), description, kind, choices: values, ...(value !== undefined && { value }) },
  ];
}
