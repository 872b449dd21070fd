import type { Operators } from '../../operator';
import { activationOps } from './activation';
import { arithmeticOps } from './arithmetic';
import { convolutionOps } from './convolution';
import { matrixOps } from './matrix';
import { normalizationOps } from './normalization';
import { poolingOps } from './pooling';
import { randomOps } from './random';
import { reductionOps } from './reduction';
import { resizeOps } from './resize';
import { selectionOps } from './selection';
import { shapeOps } from './shape';

export const onnx: Operators = {
  ...activationOps,
  ...arithmeticOps,
  ...convolutionOps,
  ...matrixOps,
  ...normalizationOps,
  ...poolingOps,
  ...randomOps,
  ...reductionOps,
  ...resizeOps,
  ...selectionOps,
  ...shapeOps,
};
