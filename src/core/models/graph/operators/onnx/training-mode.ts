import { M2atError } from '../../../../errors';
import type { Graph, GraphNode } from '../../graph';

/** Whether a node is a BatchNormalization of the format itself. */
export function isBatchNorm({ op, domain }: GraphNode): boolean {
  return op === 'BatchNormalization' && domain === '';
}

/** Whether a BatchNormalization takes the statistics of its input, as in training: before opset 14 its outputs tell. */
export function isInTrainingMode({ attributes, outputs }: GraphNode, opset: number): boolean {
  if (opset >= 14) return ![undefined, 0].includes(numberOf(attributes.get('training_mode')));
  return outputs.slice(1).some(Boolean);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/**
 * Refuses a network that was exported in training mode: the answer for an image would depend on the others of its batch.
 * @throws M2atError `checkpoint`
 */
export function assertInference({ nodes, input, opset, modelFile }: Graph): void {
  const ofImages = new Set([input.name]);
  for (const node of nodes) {
    if (!node.inputs.some((name) => ofImages.has(name))) continue;
    for (const name of node.outputs) ofImages.add(name);
    if (!isBatchNorm(node) || !isInTrainingMode(node, opset)) continue;
    throw new M2atError('checkpoint', 'the network was exported in training mode', {
      where: `${modelFile}: node ${node.name} (${node.op})`,
      hint: 'Export it after `model.eval()`: as it is, what it says of an image depends on the other images of a batch.',
    });
  }
}
