import type { Graph, GraphNode } from '../../graph/graph';

const advice =
  'To train it with BatchNorm, export it with torch.onnx.export(model, x, file, dynamo=False, training=TrainingMode.PRESERVE, ' +
  'do_constant_folding=False), or with dynamo=True and optimize=False.';

const norms = new Set([
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'LayerNormalization',
]);

/**
 * What there is to say of a network whose BatchNorm an exporter folded into its convolutions: trained on, it has none.
 * torch's exporters leave names of their own there. Undefined where nothing tells of it.
 */
export function foldedBatchNormText({ nodes, constants }: Graph): string | undefined {
  const convolutions = nodes.filter(({ op, domain }) => op === 'Conv' && domain === '');
  const folded = convolutions.filter((node) => isFolded(node)).length;
  if (folded > 0) {
    const count = `${folded} of its ${convolutions.length} convolutions`;
    return `The exporter folded BatchNorm into ${count}: they are trained without it. ${advice}`;
  }
  const allBiased = convolutions.every(({ inputs }) => constants.has(inputs[2] ?? ''));
  const hasNorm = nodes.some(({ op }) => norms.has(op));
  if (convolutions.length < 2 || !allBiased || hasNorm) return undefined;
  return `It has no normalisation. If its exporter folded BatchNorm into its convolutions, they are trained without it. ${advice}`;
}

/** `onnx::Conv_25` of the exporter that traces; of the other one `conv1.weight_bias`, or a part of what BatchNorm returned. */
function isFolded({ inputs: [, weight = '', bias = ''], outputs: [output = ''] }: GraphNode): boolean {
  return /^onnx::Conv\w*_\d+$/.test(weight) || bias === `${weight}_bias` || /^getitem(_\d+)?$/.test(output);
}
