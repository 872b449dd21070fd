import type { Attribute } from '../../graph/graph';
import type { Trace } from '../../tracing/trace';

export interface ConvolutionSize {
  readonly inputs: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
}

interface Window {
  readonly kernel_shape: readonly number[];
  readonly pads: readonly number[];
  readonly [name: string]: Attribute;
}

/**
 * Inputs and attributes of an ONNX Conv of one group on NCHW data, with filter [O, I, kh, kw]. ONNX Runtime 1.30 needs
 * help on WebGPU in two cases: it reads channels in threes where their number is a multiple of 3 but not of 4 (right
 * only for 3), and where the kernel is as large as the image it forgets padding at the end.
 */
export function portableConvolution(
  t: Trace,
  x: string,
  filter: string,
  window: Window,
  { inputs, outputs, height, width }: ConvolutionSize,
): { inputs: string[]; attributes: Readonly<Record<string, Attribute>> } {
  if (t.target.provider !== 'webgpu') return { inputs: [x, filter], attributes: window };
  let image = x;
  let weights = filter;
  if (inputs > 3 && inputs % 3 === 0 && inputs % 4 !== 0 && outputs % 4 === 0) {
    const missing = t.graph.int64([0, 0, 0, 0, 0, 4 - (inputs % 4), 0, 0]);
    image = t.graph.node('Pad', [image, missing]);
    weights = t.graph.node('Pad', [weights, missing]);
  }
  const { pads, ...rest } = window;
  const [top = 0, left = 0, bottom = 0, right = 0] = pads;
  const [kh, kw] = window.kernel_shape;
  if (kh !== height || kw !== width || bottom + right === 0) {
    return { inputs: [image, weights], attributes: window };
  }
  image = t.graph.node('Pad', [image, t.graph.int64([0, 0, top, left, 0, 0, bottom, right])]);
  // With pads of its own ONNX Runtime would move the Pad back into the Conv.
  return { inputs: [image, weights], attributes: { ...rest, auto_pad: 'VALID' } };
}
