import { blackBoxAttacks } from '../../attacks/families';
import { M2atError } from '../../errors';
import type { OnnxNode } from './graph';

/** The opsets of ONNX whose operators are understood. */
export const oldestOpset = 11;
export const newestOpset = 21;

export const forwardOnlyHint =
  `Attacks that need only forward passes (${blackBoxAttacks.join(', ')}) run on any .onnx file that ONNX ` +
  'Runtime can run.';

/** The error for what stands in the way of gradients: names the op, the node and the opset. */
export function cannotDifferentiate(
  node: OnnxNode,
  opset: number,
  file: string,
  { how = '', cause }: { readonly how?: string; readonly cause?: unknown } = {},
): M2atError {
  const op = node.domain ? `${node.domain}.${node.op}` : node.op;
  return new M2atError(
    'unsupported',
    `no gradients through the op ${op}${how ? ` ${how}` : ''} (node ${node.name}, opset ${opset})`,
    { where: file, hint: forwardOnlyHint, cause },
  );
}
