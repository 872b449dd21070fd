import * as z from 'zod';
import { experimentFile, resolvedExperiment } from './experiment-schema';

/**
 * The JSON schema (draft 7, VS Code's) of experiment files, for completion, hover and validation in an editor.
 * In an entry of `runs` every key of the file is known, but none is required.
 */
export function experimentJsonSchema(): Record<string, unknown> {
  const schema = toJson(experimentFile);
  const { properties: entry } = toJson(resolvedExperiment.partial());
  const properties = asRecord(schema.properties);
  const runs = asRecord(properties.runs);
  return {
    ...schema,
    title: 'M2AT experiment',
    description: 'A training run, or several: what is trained, on what, how, and how it is evaluated.',
    required: ['dataset', 'model'],
    properties: {
      ...properties,
      runs: { ...runs, items: { type: 'object', required: ['name'], properties: loosened(asRecord(entry)) } },
    },
  };
}

function toJson(schema: z.ZodType): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) };
}

/** An entry of `runs` names only what differs, at any depth: nothing is required in it. */
function loosened(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) => {
      if (key === 'required' && Array.isArray(part)) return [];
      // Without required tags several branches of a union may fit.
      if (key === 'oneOf' && Array.isArray(part))
        return [['anyOf', part.map((item: unknown) => (isRecord(item) ? loosened(item) : item))]];
      if (Array.isArray(part))
        return [[key, part.map((item: unknown) => (isRecord(item) ? loosened(item) : item))]];
      return [[key, isRecord(part) ? loosened(part) : part]];
    }),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asRecord(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
