import type { NodeCall } from '../../node-call';
import type { Pads } from '../../value';

/** How a convolution or a pool visits an image. */
export interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** The file's padding. */
  readonly pads: Pads;
  /** The rows and columns of the result. */
  readonly out: readonly [number, number];
  /** The padding that the windows of the result reach: more than `pads` where sizes are rounded up, less where down. */
  readonly reached: Pads;
}

/** Padding beyond this is taken for damage. */
const maxPad = 2 ** 15;

/**
 * The windows of a convolution or pool over an image of [height, width].
 * @param inner padding that is there already, in front of the node's own
 */
export function windowOf(
  call: NodeCall,
  size: readonly [number, number],
  kernel: readonly [number, number],
  inner: Pads = [0, 0, 0, 0],
): Window {
  const strides = call.pair('strides', [1, 1]);
  const dilations = call.pair('dilations', [1, 1]);
  const ceil = call.integer('ceil_mode', 0) === 1;
  const own = padsOf(call, size, { kernel, strides, dilations }, inner);
  const pads: Pads = [own[0] + inner[0], own[1] + inner[1], own[2] + inner[2], own[3] + inner[3]];
  const along = (axis: 0 | 1): { out: number; stride: number; reached: number } => {
    const begin = pads[axis];
    const extent = (kernel[axis] - 1) * dilations[axis] + 1;
    const room = size[axis] + begin + pads[axis === 0 ? 2 : 3] - extent;
    const stride = strides[axis];
    let out = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
    // A window that would start behind the image and its leading padding does not count.
    if (ceil && (out - 1) * stride >= size[axis] + begin) out--;
    const reached = Math.max(0, (out - 1) * stride + extent - size[axis] - begin);
    // A single window takes no step; what is made of strides later on grows with them.
    return { out, stride: out === 1 ? Math.min(stride, Math.max(0, room) + 1) : stride, reached };
  };
  const rows = along(0);
  const columns = along(1);
  if (!(rows.out > 0 && columns.out > 0)) {
    throw call.damaged(`its window of ${kernel.join(' x ')} is larger than the image of ${size.join(' x ')}`);
  }
  return {
    kernel,
    strides: [rows.stride, columns.stride],
    dilations,
    pads,
    out: [rows.out, columns.out],
    reached: [pads[0], pads[1], rows.reached, columns.reached],
  };
}

function padsOf(
  call: NodeCall,
  size: readonly [number, number],
  w: Pick<Window, 'kernel' | 'strides' | 'dilations'>,
  inner: Pads,
): Pads {
  const mode = call.text('auto_pad', 'NOTSET');
  if (mode === 'VALID') return [0, 0, 0, 0];
  if (mode === 'SAME_UPPER' || mode === 'SAME_LOWER') {
    const along = (axis: 0 | 1): [number, number] => {
      const whole = size[axis] + inner[axis] + inner[axis === 0 ? 2 : 3];
      const extent = (w.kernel[axis] - 1) * w.dilations[axis] + 1;
      const out = Math.ceil(whole / w.strides[axis]);
      const total = Math.max(0, (out - 1) * w.strides[axis] + extent - whole);
      const less = Math.floor(total / 2);
      return mode === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
    };
    const [top, bottom] = along(0);
    const [left, right] = along(1);
    return [top, left, bottom, right];
  }
  if (mode !== 'NOTSET') throw call.damaged(`its attribute auto_pad is ${JSON.stringify(mode)}`);
  const [top, left, bottom, right, ...rest] = call.integers('pads') ?? [0, 0, 0, 0];
  if (
    top === undefined ||
    left === undefined ||
    bottom === undefined ||
    right === undefined ||
    rest.length > 0
  ) {
    throw call.damaged('its attribute pads should be four numbers');
  }
  const pads: Pads = [top, left, bottom, right];
  if (pads.some((pad) => pad < 0 || pad > maxPad))
    throw call.damaged(`its attribute pads is [${pads.join(', ')}]`);
  return pads;
}
