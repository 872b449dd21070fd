import { M2atError } from '../../errors';

type Json = Readonly<Record<string, unknown>>;

/** Calls of layers that a forward pass makes, and connections between them. Large networks have some thousands. */
const maxCalls = 5000;

/**
 * Refuses a topology that takes too many calls of layers: TF.js's time grows with their square, and a model that calls
 * a model twice, which calls a model twice, doubles at each of some lines of JSON.
 * @param maxDepth nesting of models from which on nothing is counted
 * @throws M2atError `checkpoint`
 */
export function assertFewCalls(topology: Json, maxDepth: number, where: string): void {
  const count = callsIn(topology, maxDepth);
  if (count <= maxCalls) return;
  throw new M2atError('checkpoint', `a forward pass calls more than ${maxCalls} layers`, {
    where,
    hint: 'No image classifier has so many: models that call models count as often as they are called.',
  });
}

/** Of one call of a layer: its own, and those of the layers in it. May stop counting above the limit. */
function callsIn({ class_name: className, config }: Json, depth: number): number {
  const layers = Array.isArray(config) ? config : isObject(config) ? config.layers : undefined;
  if (!Array.isArray(layers) || depth < 0) return 1;
  let count = 1;
  for (const layer of layers) {
    if (count > maxCalls) return count;
    if (!isObject(layer)) continue;
    const connections = className === 'Sequential' ? 1 : connectionsOf(layer.inbound_nodes);
    count += connections * callsIn(layer, depth - 1);
  }
  return count;
}

function connectionsOf(nodes: unknown): number {
  if (!Array.isArray(nodes)) return 1;
  const count = nodes.reduce<number>(
    (sum, sources) => sum + (Array.isArray(sources) ? sources.length : 0),
    0,
  );
  return Math.max(1, count);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
