import * as z from 'zod';

/** Wilson 95 % interval of an accuracy, over all images that it is a share of. Absent in files of earlier versions. */
export const interval = z.tuple([z.number(), z.number()]).optional();

/** Whose images they are that accuracies are shares of. Absent: test images. */
export const split = z.enum(['validation', 'test']).optional();

/** NaN and infinity, which JSON lacks, are written as null: a diverged loss stays visible as a gap. */
export const measured = z.number().nullable();
