import { drawNormal, drawUniform } from '../../../../engine/ops/noise';
import { operators } from '../../operator';
import { shape } from './arguments';

/** Random numbers, drawn anew in each run whatever the `seed` of the node. */
export const randomOps = operators(
  { gradient: 'zero', isRandom: () => true },
  {
    RandomStandardNormal: (call) => drawNormal(shape(call, 0)),
    RandomUniform: (call) => drawUniform(shape(call, 0)),
  },
);
