import * as tf from '@tensorflow/tfjs';
import { NCHWC } from '../graph/graph';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { dims4 } from '../tracing/value';
import { padsOf, withinInput } from './convolution/convolution';
import { averagePoolGradient, maxPoolGradient } from './pooling-gradient';
import { lower } from './lower';

interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function poolInfo(x: Value, a: PoolAttributes): tf.backend_util.Conv2DInfo {
  const { filterSize, strides, pad, dimRoundingMode } = a;
  return withinInput(
    tf.backend_util.computePool2DInfo(dims4(x.shape), filterSize, strides, 1, pad, dimRoundingMode),
  );
}

function pool(t: Trace, op: string, x: Value, info: tf.backend_util.Conv2DInfo): Value {
  const pads = padsOf(info);
  const attributes = {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    // ONNX Runtime would move a Pad in front into a pool with explicit pads, and then refuse more than the kernel.
    ...(pads.every((pad) => pad === 0) ? { auto_pad: 'VALID' } : { pads }),
    ...(op === 'AveragePool' ? { count_include_pad: 0 } : {}),
  };
  const blocked = t.target.block > 0 && x.names.blocked !== undefined;
  const name = blocked
    ? t.graph.node(op, [t.blocked(x)], attributes, { domain: NCHWC })
    : t.graph.node(op, [t.nchw(x)], attributes);
  return t.imageValue(blocked ? 'blocked' : 'nchw', name, info.outShape);
}

export function registerPooling(): void {
  lower<'x', PoolAttributes>('MaxPool', ['x'], (t, { x }, a) => {
    const y = pool(t, 'MaxPool', x, poolInfo(x, a));
    y.isRelu = x.isRelu;
    return y;
  });
  lower<'x', PoolAttributes>('AvgPool', ['x'], (t, { x }, a) => pool(t, 'AveragePool', x, poolInfo(x, a)));
  lower<'dy' | 'input' | 'output', PoolAttributes>(
    'MaxPoolGrad',
    ['dy', 'input', 'output'],
    (t, { dy, input, output }, a) => maxPoolGradient(t, dy, input, output, poolInfo(input, a)),
  );
  lower<'dy' | 'input', PoolAttributes>('AvgPoolGrad', ['dy', 'input'], (t, { dy, input }, a) =>
    averagePoolGradient(t, dy, poolInfo(input, a)),
  );
}
