import { noiseSeed, type Noise } from '../ops/noise';
import { channelsFirst } from '../tracing/value';
import { lower } from './lower';

export function registerNoise(): void {
  lower<never, Noise>('M2atNoise', [], (t, _, { distribution, shape, parameters: [first, second], seed }) => {
    const isImage = shape.length === 4;
    const options = {
      shape: isImage ? channelsFirst(shape) : shape.length > 0 ? shape : [1],
      // Each node has a generator of its own, which goes on from run to run.
      seed: { float: noiseSeed(seed, t.program, t.nextNoise()) },
    };
    const name =
      distribution === 'normal'
        ? t.graph.draw('RandomNormal', { ...options, mean: { float: first }, scale: { float: second } })
        : t.graph.draw('RandomUniform', { ...options, low: { float: first }, high: { float: second } });
    if (isImage) return t.imageValue('nchw', name, shape);
    return t.plainValue(shape.length > 0 ? name : t.reshape(name, []), shape);
  });
}
