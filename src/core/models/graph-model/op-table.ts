import type { Op, OpTable } from './op-call';
import { convolutionOps } from './ops/convolution-ops';
import { elementwiseOps } from './ops/elementwise-ops';
import { normalizationOps } from './ops/normalization-ops';
import { poolingOps } from './ops/pooling-ops';
import { randomOps } from './ops/random-ops';
import { reductionOps } from './ops/reduction-ops';
import { shapeOps } from './ops/shape-ops';

const table: OpTable = {
  ...convolutionOps,
  ...elementwiseOps,
  ...normalizationOps,
  ...poolingOps,
  ...randomOps,
  ...reductionOps,
  ...shapeOps,
};

/** The TensorFlow ops that graph models may use, besides Placeholder and Const. */
export const supportedOps: readonly string[] = Object.keys(table).sort();

/** Whether each run of an op gives something else. */
export function isRandom(name: string): boolean {
  return Object.hasOwn(randomOps, name);
}

export function findOp(name: string): Op | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
