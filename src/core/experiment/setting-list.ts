import { builtIn } from '../registry/registry';
import type { FieldPath } from './describe-issue';
import type { ExperimentLists } from './experiment-schema';
import { knownPlace, type ListedValue } from './known-places';
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

/** Every setting of a resolved experiment, and those that it could have beside them, in the order of the schema. */
export function settingList(experiment: JsonObject, lists: ExperimentLists = builtIn): Setting[] {
  return Object.entries(experiment).flatMap(([key, value]) => below(experiment, [key], value, lists));
}

function below(
  experiment: JsonObject,
  path: FieldPath,
  value: Json | undefined,
  lists: ExperimentLists,
): Setting[] {
  const place = knownPlace(experiment, path, lists);
  if (isJsonObject(value)) {
    const keys = new Set([...(place?.keys.keys() ?? []), ...Object.keys(value)]);
    return [...keys].flatMap((key) => {
      const refused = place?.keys.get(key)?.value.refused !== undefined;
      const own = Object.hasOwn(value, key) ? value[key] : undefined;
      return own === undefined && refused ? [] : below(experiment, [...path, key], own, lists);
    });
  }
  if (Array.isArray(value) && value.length > 0 && value.every(isJsonObject)) {
    return value.flatMap((entry, n) => below(experiment, [...path, n], entry, lists));
  }
  const { description = '', kind = '', values = [] } = place?.value ?? {};
  return [
    { path: path.join('.'), description, kind, choices: values, ...(value !== undefined && { value }) },
  ];
}
