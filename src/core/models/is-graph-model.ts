import * as z from 'zod';

/** Whether a model.json is a graph model; anything else is taken for a layers model. */
export function isGraphModel(json: unknown): boolean {
  const graph = z.looseObject({ format: z.literal('graph-model') });
  const nodes = z.looseObject({ modelTopology: z.looseObject({ node: z.array(z.unknown()) }) });
  return graph.safeParse(json).success || nodes.safeParse(json).success;
}
