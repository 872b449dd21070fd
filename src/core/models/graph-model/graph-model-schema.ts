import * as z from 'zod';
import { weightGroup } from '../weights-manifest';

const name = z.string().min(1).max(2000);

/** A NodeDef. Its attributes stay open here: they are read where an op needs them. */
export const nodeDef = z.looseObject({
  name,
  op: z.string().min(1).max(200),
  input: z.array(name).max(10_000).optional(),
  attr: z.record(z.string(), z.unknown()).nullish(),
});
export type NodeDef = z.output<typeof nodeDef>;

/** Protobuf's JSON writes 64-bit integers as strings. */
const dimension = z.union([z.int(), z.string().regex(/^-?\d{1,10}$/)]).transform(Number);

export const shapeProto = z
  .looseObject({
    dim: z
      .array(z.looseObject({ size: dimension.optional() }))
      .max(8)
      .optional(),
    unknownRank: z.boolean().optional(),
  })
  .transform(({ dim = [], unknownRank = false }) =>
    unknownRank ? undefined : dim.map(({ size = 0 }) => (size < 0 ? null : size)),
  );

const tensorInfo = z.looseObject({
  name: name.optional(),
  dtype: z.union([z.string(), z.int()]).optional(),
  tensorShape: shapeProto.optional(),
  resourceId: z.unknown().optional(),
});
export type TensorInfo = z.output<typeof tensorInfo>;

const signature = z.looseObject({
  inputs: z.record(z.string(), tensorInfo).optional(),
  outputs: z.record(z.string(), tensorInfo).optional(),
});
export type Signature = z.output<typeof signature>;

/** model.json of the TF.js graph format. Other keys are left alone. */
export const graphModelFile = z.looseObject({
  format: z.literal('graph-model').optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  modelTopology: z.looseObject({
    node: z.array(nodeDef).min(1).max(100_000),
    library: z.looseObject({ function: z.array(z.unknown()).optional() }).nullish(),
  }),
  weightsManifest: z.array(weightGroup).max(10_000),
  signature: signature.nullish(),
  userDefinedMetadata: z.record(z.string(), z.unknown()).nullish(),
  modelInitializer: z.unknown().optional(),
});
export type GraphModelFile = z.output<typeof graphModelFile>;
