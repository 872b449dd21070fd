import { M2atError } from '../../errors';
import { forwardOnlyHint } from './forward-only-hint';
import type { OnnxNode } from './graph';

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
