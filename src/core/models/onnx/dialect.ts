import { M2atError } from '../../errors';
import type { Dialect } from '../graph/graph';
import { forwardOnlyHint } from './forward-only-hint';

export const onnxDialect: Dialect = {
  format: 'onnx',
  maxElements: 2 ** 26,
  maxTotalElements: 2 ** 28,
  allowsEmpty: true,
  hints: {
    node: 'The network wants images of another size, or the node is none that ONNX allows: export it again.',
    run: 'The network wants images of another size, or its nodes do not fit together: export it again.',
    gradient: forwardOnlyHint,
  },
  /** Names the op, the node and the opset. */
  refuse: ({ modelFile, opset }, node, { how = '', hint = forwardOnlyHint, cause } = {}) => {
    const op = node.domain ? `${node.domain}.${node.op}` : node.op;
    return new M2atError(
      'unsupported',
      `no gradients through the op ${op}${how ? ` ${how}` : ''} (node ${node.name}, opset ${opset})`,
      { where: modelFile, hint, cause },
    );
  },
};
