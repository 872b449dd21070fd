import type { TensorShape } from '../graph/graph';

/** What passes an image on in its own layout: preprocessing and the like. */
const keepsLayout = new Set([
  'Identity',
  'Cast',
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Clip',
  'Pow',
  'Abs',
  'Neg',
  'Sqrt',
  'Dropout',
  'BatchNormalization',
]);

/** As much of a node as tells about layouts. */
interface LayoutNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly permutation: readonly number[] | undefined;
}

/**
 * Where a network's input has its channels. The network itself tells: exporters of channels-last frameworks put a
 * transposition in front of the first convolution. Otherwise the declared shape does, else ONNX's own order.
 * @returns `recognized`: the network told it
 */
export function inputLayout(
  input: { readonly name: string; readonly shape: TensorShape },
  nodes: Iterable<LayoutNode>,
): { layout: 'NHWC' | 'NCHW'; recognized: boolean } {
  const images = new Set([input.name]);
  for (const { op, inputs, outputs, permutation } of nodes) {
    if (!inputs.some((name) => images.has(name))) continue;
    if (op === 'Conv' || op.endsWith('Pool')) return { layout: 'NCHW', recognized: true };
    if (op === 'Transpose' && permutation?.join() === '0,3,1,2') return { layout: 'NHWC', recognized: true };
    if (keepsLayout.has(op)) images.add(outputs[0] ?? '');
  }
  const [, first = null, , last = null] = input.shape;
  const isChannels = (size: number | null): boolean => size === 1 || size === 3 || size === 4;
  return { layout: isChannels(last) && !isChannels(first) ? 'NHWC' : 'NCHW', recognized: false };
}
