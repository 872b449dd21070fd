import { registerGradients } from '../gradients/register';
import { traceBackend } from '../tracing/trace-backend';
import { registerArithmetic } from './arithmetic';
import { registerBatchNorm } from './batch-norm';
import { registerConvolution } from './convolution/convolution';
import { registerCreation } from './creation';
import { registerCumulative } from './cumulative';
import { registerDepthwise } from './convolution/depthwise';
import { registerGathers } from './gather';
import { registerResize } from './resize';
import { registerLinear } from './linear';
import { registerNoise } from './noise';
import { refuseTheRest } from './lower';
import { registerPooling } from './pooling';
import { registerRearrangements } from './rearrange';
import { registerReductions } from './reduction';
import { registerResponseNormalization } from './response-normalization';
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
  registerRearrangements();
  registerGathers();
  registerCreation();
  registerNoise();
  registerReductions();
  registerCumulative();
  registerLinear();
  registerConvolution();
  registerDepthwise();
  registerPooling();
  registerResize();
  registerBatchNorm();
  registerResponseNormalization();
  refuseTheRest();
  registerGradients();
}
