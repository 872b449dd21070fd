import type * as tf from '@tensorflow/tfjs';
import {
  activation,
  add,
  batchNorm,
  batchNormActivation,
  conv,
  dense,
  globalAveragePool,
  stemConv,
  stemPool,
} from './layers';
import type { NetworkStyle } from './model-schema';

export interface ResidualShape {
  /** Channels of the stem. */
  readonly stem: number;
  /** Basic blocks and their channels; each stage after the first starts with stride 2. */
  readonly stages: readonly { readonly blocks: number; readonly filters: number }[];
  readonly style: NetworkStyle;
}

/** One stage an entry of `blocks`, each after the first at half the size and twice the width. */
export function doublingStages(blocks: readonly number[], width: number): ResidualShape['stages'] {
  return blocks.map((count, stage) => ({ blocks: count, filters: width * 2 ** stage }));
}

/**
 * Residual network of pre-activation basic blocks (He et al. 2016, "Identity Mappings"): stem, stages, final
 * BatchNorm-activation, global average, dense. Where a block changes the size, its shortcut is a 1x1 convolution of the
 * activated input. A stem with a max-pool is activated before it, and the first block is not once more, as in that paper.
 */
export function preActivationNetwork(
  input: tf.SymbolicTensor,
  shape: ResidualShape,
  classes: number,
): tf.SymbolicTensor {
  const { style } = shape;
  const stem = stemConv(input, 'stem', shape.stem, style);
  const pools = style.stem === '7x7-pool';
  const begun = pools ? stemPool(batchNormActivation(stem, 'stem_bn', style), 'stem_pool', style) : stem;
  const x = inStages(begun, shape, preActivationBlock, pools);
  const features = batchNormActivation(x, 'final_bn', shape.style);
  return dense(globalAveragePool(features, 'global_pool'), 'logits', classes);
}

/**
 * Residual network of the first kind (He et al. 2015, "Deep Residual Learning"): stem with BatchNorm-activation, stages of
 * basic blocks with the activation after the sum, global average, dense. Where a block changes the size, its shortcut is a
 * 1x1 convolution with BatchNorm.
 */
export function postActivationNetwork(
  input: tf.SymbolicTensor,
  shape: ResidualShape,
  classes: number,
): tf.SymbolicTensor {
  const { style } = shape;
  const activated = batchNormActivation(stemConv(input, 'stem', shape.stem, style), 'stem_bn', style);
  const stem = stemPool(activated, 'stem_pool', style);
  return dense(
    globalAveragePool(inStages(stem, shape, postActivationBlock), 'global_pool'),
    'logits',
    classes,
  );
}

interface BlockShape {
  readonly changes: boolean;
  readonly filters: number;
  readonly strides: number;
  readonly style: NetworkStyle;
  /** Its input comes out of an activation. */
  readonly activated: boolean;
}

function inStages(
  input: tf.SymbolicTensor,
  { stem, stages, style }: ResidualShape,
  build: (x: tf.SymbolicTensor, name: string, shape: BlockShape) => tf.SymbolicTensor,
  activated = false,
): tf.SymbolicTensor {
  let x = input;
  let channels = stem;
  for (const [stage, { blocks, filters }] of stages.entries()) {
    for (let block = 0; block < blocks; block++) {
      const strides = stage > 0 && block === 0 ? 2 : 1;
      const changes = strides !== 1 || channels !== filters;
      x = build(x, `stage${stage + 1}_block${block + 1}`, {
        ...{ changes, filters, strides, style },
        activated: activated && stage === 0 && block === 0,
      });
      channels = filters;
    }
  }
  return x;
}

function preActivationBlock(x: tf.SymbolicTensor, name: string, shape: BlockShape): tf.SymbolicTensor {
  const { changes, filters, strides, style } = shape;
  const activated = shape.activated ? x : batchNormActivation(x, `${name}_bn1`, style);
  const shortcut = changes ? conv(activated, `${name}_shortcut`, filters, 1, { strides }) : x;
  let y = conv(activated, `${name}_conv1`, filters, 3, { strides, padding: style.padding });
  y = conv(batchNormActivation(y, `${name}_bn2`, style), `${name}_conv2`, filters, 3);
  return add(y, shortcut, `${name}_add`);
}

function postActivationBlock(x: tf.SymbolicTensor, name: string, shape: BlockShape): tf.SymbolicTensor {
  const { changes, filters, strides, style } = shape;
  const shortcut = changes
    ? batchNorm(conv(x, `${name}_shortcut`, filters, 1, { strides }), `${name}_shortcut_bn`)
    : x;
  let y = conv(x, `${name}_conv1`, filters, 3, { strides, padding: style.padding });
  y = batchNormActivation(y, `${name}_bn1`, style);
  y = batchNorm(conv(y, `${name}_conv2`, filters, 3), `${name}_bn2`);
  return activation(add(y, shortcut, `${name}_add`), name, style);
}
