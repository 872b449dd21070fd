import * as z from 'zod';
import { plainPath } from '../text-schema';

export const datasetParameters = z.strictObject({
  name: z.enum(['cifar10']),
  folder: plainPath
    .min(1)
    .optional()
    .describe(
      'Folder with the binary version (data_batch_1.bin … test_batch.bin). Default: the cache, filled by a download.',
    ),
  trainCount: z.int().min(1).max(50_000).default(50_000).describe('Use the first N training images.'),
  testCount: z.int().min(1).max(10_000).default(10_000).describe('Use the first N test images.'),
});

export type DatasetParameters = z.output<typeof datasetParameters>;
