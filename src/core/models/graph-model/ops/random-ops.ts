import { drawNormal, drawUniform } from '../../../engine/ops/noise';
import { maxElements, sizeWithin } from '../limits';
import type { OpCall, OpTable } from '../op-call';

/** Random numbers, drawn anew in each run whatever the `seed` of the node. */
export const randomOps: OpTable = {
  RandomStandardNormal: { run: (call) => drawNormal(shapeOf(call)) },
  RandomUniform: { run: (call) => drawUniform(shapeOf(call)) },
};

function shapeOf(call: OpCall): readonly number[] {
  return sizeWithin(call, call.integers(0, 0, maxElements));
}
