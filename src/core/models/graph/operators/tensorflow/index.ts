import type { Operator, Operators } from '../../operator';
import { onnx } from '../onnx';
import { convolutionOps } from './convolution';
import { elementwiseOps } from './elementwise';
import { normalizationOps } from './normalization';
import { poolingOps } from './pooling';
import { randomOps } from './random';
import { reductionOps } from './reduction';
import { shapeOps } from './shape';

/** Operators that are ONNX's, by what TensorFlow calls them. */
const asInOnnx = {
  ...Object.fromEntries(
    [
      ...['Relu', 'Elu', 'Sigmoid', 'Tanh', 'Softplus', 'Softsign', 'Erf', 'Softmax', 'LogSoftmax'],
      ...['Abs', 'Ceil', 'Exp', 'Floor', 'Log', 'Neg', 'Round', 'Sign', 'Sqrt', 'Cos', 'Sin'],
      ...['Add', 'Sub', 'Mul', 'Div', 'Mod', 'Pow', 'Equal', 'Greater', 'Less'],
      ...['Identity', 'Shape', 'Size'],
    ].map((name) => [name, name]),
  ),
  AddV2: 'Add',
  AddN: 'Sum',
  RealDiv: 'Div',
  FloorMod: 'Mod',
  Maximum: 'Max',
  Minimum: 'Min',
  GreaterEqual: 'GreaterOrEqual',
  LessEqual: 'LessOrEqual',
  LogicalAnd: 'And',
  LogicalOr: 'Or',
  LogicalNot: 'Not',
  Select: 'Where',
  SelectV2: 'Where',
  Snapshot: 'Identity',
  PreventGradient: 'Identity',
  CheckNumerics: 'Identity',
  PlaceholderWithDefault: 'Identity',
};

/** The operators of graph models, besides Placeholder and Const. */
export const tensorflow: Operators = {
  ...Object.fromEntries(
    Object.entries(asInOnnx).flatMap(([name, theirs]): [string, Operator][] => {
      const operator = onnx[theirs];
      return operator ? [[name, operator]] : [];
    }),
  ),
  ...convolutionOps,
  ...elementwiseOps,
  ...normalizationOps,
  ...poolingOps,
  ...randomOps,
  ...reductionOps,
  ...shapeOps,
};
