import type { OnnxGraph } from './graph';

/** What passes an image on in its own layout: preprocessing and the like. */
const keepsLayout = new Set([
  'Identity',
  'Cast',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Clip',
  'Dropout',
  'BatchNormalization',
]);

/**
 * Where a network's input has its channels. The network itself tells: exporters of channels-last frameworks put a
 * transposition in front of the first convolution. Otherwise the declared shape does, else ONNX's own order.
 */
export function inputLayout({ nodes, input }: OnnxGraph): 'NHWC' | 'NCHW' {
  const images = new Set([input.name]);
  for (const { op, inputs, outputs, attributes } of nodes) {
    if (!inputs.some((name) => images.has(name))) continue;
    if (op === 'Conv' || op.endsWith('Pool')) return 'NCHW';
    if (op === 'Transpose') {
      const permutation = attributes.get('perm');
      if (Array.isArray(permutation) && permutation.join() === '0,3,1,2') return 'NHWC';
      break;
    }
    if (op === 'Pad') images.add(outputs[0] ?? '');
    if (!keepsLayout.has(op)) continue;
    images.add(outputs[0] ?? '');
  }
  const [, first = null, , last = null] = input.shape;
  const isChannels = (size: number | null): boolean => size === 1 || size === 3 || size === 4;
  return isChannels(last) && !isChannels(first) ? 'NHWC' : 'NCHW';
}
