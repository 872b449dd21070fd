import * as z from 'zod';
import type { AttackEntry as Entry } from '../../core/attacks';
import { isBlackBox } from '../../core/attacks/plan/attack-list';

/** Headings of the list of attacks, in order. */
export const attackGroups = [
  'Ensemble',
  'Gradient, within epsilon',
  'Gradient, minimal norm',
  'Scores: forward passes only',
  'Decisions: forward passes only',
] as const;
export type AttackGroup = (typeof attackGroups)[number];

/** A parameter as a person sets it. */
export interface AttackField {
  readonly key: string;
  /** The values that there are; absent: a number, or a fraction such as 8/255. */
  readonly choices?: readonly (string | boolean)[];
  /** Other values than `choices` may be typed. */
  readonly open?: true;
  readonly description: string;
  /** May be written as a fraction. */
  readonly fraction: boolean;
}

export interface AttackEntry {
  readonly name: string;
  readonly group: AttackGroup;
  /** Forward passes are all that it needs. */
  readonly blackBox: boolean;
  /** What it is. */
  readonly line: string;
  readonly fields: readonly AttackField[];
}

const property = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.string().optional(),
  enum: z.array(z.string()).optional(),
  anyOf: z.array(z.looseObject({ enum: z.array(z.string()).optional() })).optional(),
  description: z.string().default(''),
});
const attackSchema = z.looseObject({ properties: z.record(z.string(), property) });

/** A target makes an attack targeted. */
const unasked: ReadonlySet<string> = new Set(['targeted']);
/** Values that need more than a parameter: a file of targets comes from the command line. */
const unoffered: ReadonlySet<string> = new Set(['file']);

/** Every attack that can be asked for, read off the definitions, so that a new one is in the list at once. */
export function attackCatalog(attacks: readonly Entry[]): readonly AttackEntry[] {
  return attacks.map((entry): AttackEntry => {
    const json = z.toJSONSchema(entry.parameters, { io: 'input', unrepresentable: 'any' });
    const { name, ...rest } = attackSchema.parse(json).properties;
    const fields = Object.entries(rest)
      .filter(([key]) => !unasked.has(key))
      .map(([key, schema]) => fieldOf(key, schema));
    const line = name?.description ?? '';
    return { name: entry.name, group: groupOf(entry), blackBox: isBlackBox(entry), line, fields };
  });
}

function groupOf(entry: Entry): AttackGroup {
  const [ensemble, gradient, minimal, scores, decisions] = attackGroups;
  if (entry.kind === 'ensemble') return ensemble;
  const { sees } = entry;
  if (sees === 'gradients') return entry.minimal ? minimal : gradient;
  return sees === 'scores' ? scores : decisions;
}

function fieldOf(
  key: string,
  { type, enum: values, const: only, anyOf = [], description }: z.output<typeof property>,
): AttackField {
  const named = anyOf.flatMap((option) => option.enum ?? []).filter((value) => !unoffered.has(value));
  const open = named.length > 0 && anyOf.length > 1;
  const listed =
    values ?? (only === undefined ? undefined : [only]) ?? (named.length > 0 ? named : undefined);
  const choices = type === 'boolean' ? [true, false] : listed;
  return {
    key,
    description: description.startsWith('A number, or a fraction') ? '' : description,
    fraction: Array.isArray(type),
    ...(choices && { choices }),
    ...(open && { open }),
  };
}
