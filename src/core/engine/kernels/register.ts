import { traceBackend } from '../tracing/trace-backend';
import { registerArithmetic } from './arithmetic';
import { registerBatchNorm } from './batch-norm';
import { registerConvolution } from './convolution';
import { registerCreation } from './creation';
import { registerDepthwise } from './depthwise';
import { registerResize } from './resize';
import { registerLinear } from './linear';
import { refuseTheRest } from './lower';
import { registerPooling } from './pooling';
import { registerReductions } from './reduction';
import { registerShapes } from './shape';
import { registerUnary } from './unary';

let registered = false;

/** Registers the tracing backend and every lowering with TF.js, once. */
export function registerLowerings(): void {
  if (registered) return;
  registered = true;
  traceBackend();
  registerArithmetic();
  registerUnary();
  registerShapes();
  registerCreation();
  registerReductions();
  registerLinear();
  registerConvolution();
  registerDepthwise();
  registerPooling();
  registerResize();
  registerBatchNorm();
  refuseTheRest();
}
