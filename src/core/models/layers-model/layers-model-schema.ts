import * as z from 'zod';
import { weightGroup } from '../weights-manifest';

/** model.json of the TF.js layers format. Other keys are left alone. */
export const layersModelFile = z.looseObject({
  format: z.literal('layers-model').optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(weightGroup).max(10_000),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional(),
});
export type LayersModelFile = z.output<typeof layersModelFile>;
