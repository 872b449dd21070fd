import * as z from 'zod';
import { runRecord } from '../../core/records/run-files';

const runId = runRecord.shape.id;
const named = z.union([runId, z.object({ runId }).transform((item) => item.runId)]);

/** The run that a command was called for: an id, or an item of the tree; undefined from the palette. */
export function runArgument(argument: unknown): string | undefined {
  return named.safeParse(argument).data;
}
