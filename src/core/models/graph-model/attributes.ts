import * as z from 'zod';
import type { DType } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import type { Attribute, TensorShape } from '../graph/graph';
import type { DefNode } from './graph-def';
import { shapeProto } from './graph-model-schema';

const specialNumbers = new Map([
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['NaN', NaN],
]);

const integer = z.union([z.int(), z.string().regex(/^-?\d{1,15}$/)]).transform(Number);
const float = z.union([
  z.number(),
  z.string().transform((text, context) => {
    const value = specialNumbers.get(text) ?? Number(text);
    if (text.trim() === '' || (Number.isNaN(value) && text !== 'NaN')) {
      context.addIssue({ code: 'custom', message: 'no number' });
    }
    return value;
  }),
]);
/** Bytes: base64, or a list of codes. */
const text = z.union([
  z.string().transform((encoded) => Buffer.from(encoded, 'base64').toString('latin1')),
  z
    .array(z.int())
    .max(1000)
    .transform((codes) => String.fromCharCode(...codes)),
]);

const dtypes = new Map<string | number, DType>([
  ['DT_FLOAT', 'float32'],
  [1, 'float32'],
  ['DT_DOUBLE', 'float32'],
  [2, 'float32'],
  ['DT_HALF', 'float32'],
  [19, 'float32'],
  ['DT_INT32', 'int32'],
  [3, 'int32'],
  ['DT_UINT8', 'int32'],
  [4, 'int32'],
  ['DT_INT8', 'int32'],
  [6, 'int32'],
  ['DT_INT64', 'int32'],
  [9, 'int32'],
  ['DT_BOOL', 'bool'],
  [10, 'bool'],
]);

/** An AttrValue in protobuf's JSON, which leaves out what is false or empty. */
const attribute = z.union([
  z.looseObject({ i: integer }).transform(({ i }): Attribute => i),
  z.looseObject({ f: float }).transform(({ f }): Attribute => f),
  z.looseObject({ s: text }).transform(({ s }): Attribute => s),
  z
    .looseObject({ type: z.union([z.string(), z.int()]) })
    .transform(({ type }): Attribute => dtypes.get(type) ?? String(type)),
  z
    .looseObject({
      list: z.looseObject({
        i: z.array(integer).max(1000).optional(),
        s: z.array(text).max(1000).optional(),
      }),
    })
    .transform(({ list }): Attribute => list.i ?? list.s ?? []),
  z.looseObject({ b: z.boolean().optional() }).transform(({ b = false }): Attribute => b),
]);

/** The attributes of a NodeDef. One that can't be read is NaN, which whatever reads it refuses. */
export function attributesOf(raw: Readonly<Record<string, unknown>>): Map<string, Attribute> {
  return new Map(
    Object.entries(raw).map(([name, value]) => {
      const parsed = attribute.safeParse(value);
      return [name, parsed.success ? parsed.data : NaN];
    }),
  );
}

/**
 * The shape that a Placeholder declares; undefined where its rank is unknown or it declares none.
 * @throws M2atError `checkpoint` for a malformed one
 */
export function declaredShape({ attributes, where }: DefNode): TensorShape | undefined {
  if (attributes.shape === undefined) return undefined;
  const parsed = z.looseObject({ shape: shapeProto }).safeParse(attributes.shape);
  if (parsed.success) return parsed.data.shape;
  throw new M2atError('checkpoint', 'the attribute is malformed', {
    where: `${where}.attr.shape`,
    hint: 'It is no TF.js graph model, as the converter writes it.',
  });
}
