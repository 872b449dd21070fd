import { M2atError } from '../../errors';
import type { Dialect } from '../graph/graph';
import { supportedOps } from '../graph/operators';

const forwardOnly =
  'Convert the model to ONNX: score- and decision-based attacks need its forward pass only.';

export const graphModelDialect: Dialect = {
  format: 'graph-model',
  maxElements: 2 ** 27,
  maxTotalElements: Infinity,
  allowsEmpty: false,
  hints: {
    node: 'The node is none that TensorFlow allows, or wants images of another size: convert the model again.',
    run: 'The network does not fit images of this size, or its nodes do not fit together: convert it again.',
    gradient: forwardOnly,
  },
  refuse: ({ modelFile }, node, { how = '', hint = forwardOnly, cause } = {}) => {
    const op = `the op ${node.op}${how ? ` ${how}` : ''}`;
    return new M2atError('unsupported', cause ? `no gradients through ${op}` : `${op} is not supported`, {
      where: `${modelFile}: node ${node.name} (${node.op})`,
      hint: how || cause ? hint : `${hint} Supported are ${supportedOps('graph-model').join(', ')}.`,
      cause,
    });
  },
};
