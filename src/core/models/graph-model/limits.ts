import { sizeOf } from '../../engine/arrays/nd-array';
import type { OpCall } from './op-call';

/** Elements of any value of a network, for one image: half a gibibyte. */
export const maxElements = 2 ** 27;

/** The shape, if a tensor of it may be made. @throws M2atError `checkpoint` */
export function sizeWithin(call: OpCall, shape: number[]): number[] {
  if (shape.length <= 8 && sizeOf(shape) <= maxElements) return shape;
  throw call.wrong(`[${shape.join(', ')}] has too many elements`);
}
