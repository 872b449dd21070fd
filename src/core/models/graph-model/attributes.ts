import * as z from 'zod';
import type { DType } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
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
const dataType = z.union([z.string(), z.int()]);

const kinds = {
  i: z.looseObject({ i: integer }).transform(({ i }) => i),
  f: z.looseObject({ f: float }).transform(({ f }) => f),
  b: z.looseObject({ b: z.boolean().optional() }).transform(({ b = false }) => b),
  s: z.looseObject({ s: text }).transform(({ s }) => s),
  type: z.looseObject({ type: dataType }).transform(({ type }) => type),
  shape: z.looseObject({ shape: shapeProto }).transform(({ shape }) => shape),
  integers: z
    .looseObject({ list: z.looseObject({ i: z.array(integer).max(1000).optional() }).optional() })
    .transform(({ list }) => list?.i ?? []),
  texts: z
    .looseObject({ list: z.looseObject({ s: z.array(text).max(1000).optional() }).optional() })
    .transform(({ list }) => list?.s ?? []),
};

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

/** The attributes of a NodeDef in protobuf's JSON. A missing one takes the default; a malformed one throws. */
export class Attributes {
  constructor(
    private readonly raw: Readonly<Record<string, unknown>>,
    /** Of the node, for errors. */
    private readonly where: string,
  ) {}

  has(name: string): boolean {
    return Object.hasOwn(this.raw, name);
  }

  integer(name: string, otherwise: number): number {
    return this.read(name, kinds.i, otherwise);
  }

  float(name: string, otherwise: number): number {
    return this.read(name, kinds.f, otherwise);
  }

  bool(name: string, otherwise = false): boolean {
    return this.read(name, kinds.b, otherwise);
  }

  text(name: string, otherwise: string): string {
    return this.read(name, kinds.s, otherwise);
  }

  integers(name: string, otherwise: readonly number[] = []): readonly number[] {
    return this.read(name, kinds.integers, otherwise);
  }

  texts(name: string): readonly string[] {
    return this.read<readonly string[]>(name, kinds.texts, []);
  }

  /** Undefined where the rank is unknown or the attribute missing; null is an open dimension. */
  shape(name: string): readonly (number | null)[] | undefined {
    return this.read<readonly (number | null)[] | undefined>(name, kinds.shape, undefined);
  }

  /** @throws M2atError `unsupported` for strings, complex numbers and resources */
  dtype(name: string, otherwise: DType): DType {
    if (!this.has(name)) return otherwise;
    const type = this.read<string | number>(name, kinds.type, '');
    const known = dtypes.get(type);
    if (known) return known;
    throw new M2atError('unsupported', `tensors of type ${type} are not supported`, {
      where: `${this.where}.attr.${name}`,
    });
  }

  private read<T>(name: string, kind: z.ZodType<T>, otherwise: T): T {
    if (!this.has(name)) return otherwise;
    const parsed = kind.safeParse(this.raw[name]);
    if (parsed.success) return parsed.data;
    throw new M2atError('checkpoint', `the attribute is malformed`, {
      where: `${this.where}.attr.${name}`,
      hint: 'It is no TF.js graph model, as the converter writes it.',
    });
  }
}
