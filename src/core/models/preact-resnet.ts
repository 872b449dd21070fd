import type * as tf from '@tensorflow/tfjs';
import { add, batchNormRelu, conv, dense, globalAveragePool } from './layers';
import type { PreActResNetParameters } from './model-schema';

/**
 * Pre-activation ResNet of basic blocks (He et al. 2016, "Identity Mappings"), for small images: 3x3 stem, then
 * one stage an entry of `blocks`, each after the first at half the size and twice the width; final
 * BatchNorm-ReLU, global average, dense. `[2, 2, 2, 2]` at width 64 is PreAct-ResNet-18.
 *
 * Stride 2 on an even size pads below and to the right only: TensorFlow's 'same'. A port with symmetric padding
 * (PyTorch's padding=1) looks at pixels one further up and left.
 */
export function preActResNet(
  input: tf.SymbolicTensor,
  { blocks, width }: PreActResNetParameters,
  classes: number,
): tf.SymbolicTensor {
  let x = conv(input, 'stem', width, 3);
  let channels = width;
  blocks.forEach((count, stage) => {
    const filters = width * 2 ** stage;
    for (let block = 0; block < count; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      x = residualBlock(x, `stage${stage + 1}_block${block + 1}`, { channels, filters, strides });
      channels = filters;
    }
  });
  x = globalAveragePool(batchNormRelu(x, 'final_bn'), 'global_pool');
  return dense(x, 'logits', classes);
}

interface BlockShape {
  readonly channels: number;
  readonly filters: number;
  readonly strides: number;
}

function residualBlock(x: tf.SymbolicTensor, name: string, { channels, filters, strides }: BlockShape) {
  const activated = batchNormRelu(x, `${name}_bn1`);
  const changes = strides !== 1 || channels !== filters;
  const shortcut = changes ? conv(activated, `${name}_shortcut`, filters, 1, strides) : x;
  let y = conv(activated, `${name}_conv1`, filters, 3, strides);
  y = conv(batchNormRelu(y, `${name}_bn2`), `${name}_conv2`, filters, 3);
  return add(y, shortcut, `${name}_add`);
}
