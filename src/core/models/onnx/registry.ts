import type { OnnxNode } from './graph';
import { activationOps } from './ops/activation';
import { arithmeticOps } from './ops/arithmetic';
import { convolutionOps } from './ops/convolution';
import { matrixOps } from './ops/matrix';
import { normalizationOps } from './ops/normalization';
import type { Op } from './ops/op';
import { poolingOps } from './ops/pooling';
import { randomOps } from './ops/random';
import { reductionOps } from './ops/reduction';
import { resizeOps } from './ops/resize';
import { selectionOps } from './ops/selection';
import { shapeOps } from './ops/shape';

/** Every operator that is understood, by name. */
const ops: ReadonlyMap<string, Op> = new Map(
  [
    activationOps,
    arithmeticOps,
    convolutionOps,
    matrixOps,
    normalizationOps,
    poolingOps,
    randomOps,
    reductionOps,
    resizeOps,
    selectionOps,
    shapeOps,
  ].flatMap((family) => Object.entries(family)),
);

/** Undefined for an operator that is not understood. */
export function opOf({ op, domain }: OnnxNode): Op | undefined {
  return domain === '' ? ops.get(op) : undefined;
}

/** Whether each run of a node may give something else. A Dropout does where it is told to drop. */
export function isRandom({ op, domain, inputs }: OnnxNode): boolean {
  return domain === '' && Object.hasOwn(randomOps, op) && (op !== 'Dropout' || Boolean(inputs[2]));
}

export function supportedOps(): string[] {
  return [...ops.keys()].sort();
}
