import * as z from 'zod';
import { requestedAttack, type RequestedAttack } from '../../core/attacks/plan/attack-plan';
import { isBlackBox, isMinimalNorm } from '../../core/attacks/plan/families';

export type AttackName = RequestedAttack['name'];

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
  readonly name: AttackName;
  readonly group: AttackGroup;
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

/** Every attack that can be asked for, read off the schemas, so that a new one is in the list at once. */
export function attackCatalog(): readonly AttackEntry[] {
  return requestedAttack.options.flatMap((option): AttackEntry[] => {
    const json = z.toJSONSchema(option, { io: 'input', unrepresentable: 'any' });
    const { name, ...rest } = attackSchema.parse(json).properties;
    const fields = Object.entries(rest)
      .filter(([key]) => !unasked.has(key))
      .map(([key, schema]) => fieldOf(key, schema));
    const tag = option.shape.name;
    const names: AttackName[] = 'options' in tag ? [...tag.options] : [...tag.values];
    return names.map((one) => ({ name: one, group: groupOf(one), line: name?.description ?? '', fields }));
  });
}

function groupOf(name: AttackName): AttackGroup {
  const [ensemble, gradient, minimal, scores, decisions] = attackGroups;
  if (name === 'autoattack') return ensemble;
  if (isBlackBox({ name })) return isMinimalNorm({ name }) ? decisions : scores;
  return isMinimalNorm({ name }) ? minimal : gradient;
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
