import assert from 'node:assert/strict';
import type * as tf from '@tensorflow/tfjs';
import * as z from 'zod';
import { GraphWriter, type Attribute } from './graph-writer';

const number = z.union([
  z.int(),
  z
    .array(z.int())
    .min(1)
    .transform(([first = 1]) => first),
]);
const pair = z.union([z.int().transform((n) => [n, n]), z.array(z.int()).length(2)]);

const config = z.looseObject({
  strides: pair.nullish().transform((value) => value ?? [1, 1]),
  dilationRate: pair.nullish().transform((value) => value ?? [1, 1]),
  padding: z.unknown().optional(),
  poolSize: pair.optional(),
  size: pair.optional(),
  activation: z
    .union([z.string(), z.looseObject({ class_name: z.string() }).transform((a) => a.class_name)])
    .default('linear'),
  epsilon: z.number().default(1e-3),
  scale: z.boolean().default(true),
  alpha: z.number().default(0.3),
  maxValue: z.number().nullish(),
  axis: number.default(-1),
  targetShape: z.array(z.int()).optional(),
  useBias: z.boolean().default(true),
});
type Config = z.output<typeof config>;

const window = ([height = 1, width = 1]: readonly number[]): Attribute => ({ ints: [1, height, width, 1] });

/**
 * The graph model that TensorFlow's converter would make of a layers model, with the same weights: unfused, as without
 * its optimiser, and with the shapes of Flatten and Reshape computed from the batch.
 */
export function graphOfLayers(model: tf.LayersModel): { writer: GraphWriter; output: string } {
  const writer = new GraphWriter();
  const converter = new Converter(writer);
  const [input] = model.inputs;
  const [output] = model.outputs;
  assert.ok(input && output);
  converter.names.set(
    input.id,
    writer.input(
      'image',
      input.shape.map((size) => size ?? -1),
    ),
  );
  for (const layer of model.layers) {
    const [call] = layer.inboundNodes;
    if (!call || layer.getClassName() === 'InputLayer') continue;
    const inputs = call.inputTensors.map(
      ({ id }) => converter.names.get(id) ?? assert.fail('order of layers'),
    );
    const [result] = call.outputTensors;
    assert.ok(result);
    converter.names.set(result.id, converter.layer(layer, inputs));
  }
  const last = converter.names.get(output.id);
  assert.ok(last);
  return { writer, output: writer.node('Identity', 'Identity', [last]) };
}

class Converter {
  readonly names = new Map<number, string>();

  constructor(private readonly writer: GraphWriter) {}

  layer(layer: tf.layers.Layer, inputs: readonly string[]): string {
    const { writer } = this;
    const { name } = layer;
    const c = config.parse(layer.getConfig());
    const weights = layer.weights.map((weight) => writer.weight(weight.originalName, weight.read()));
    const [x = ''] = inputs;
    switch (layer.getClassName()) {
      case 'Conv2D':
        return this.finish(
          name,
          writer.node(`${name}/Conv2D`, 'Conv2D', [x, weights[0] ?? ''], conv(c)),
          weights[1],
          c,
        );
      case 'DepthwiseConv2D':
        return this.finish(
          name,
          writer.node(`${name}/depthwise`, 'DepthwiseConv2dNative', [x, weights[0] ?? ''], conv(c)),
          weights[1],
          c,
        );
      case 'SeparableConv2D': {
        const deep = writer.node(
          `${name}/depthwise`,
          'DepthwiseConv2dNative',
          [x, weights[0] ?? ''],
          conv(c),
        );
        const point = { ...conv(c), strides: window([1, 1]), padding: { text: 'VALID' } };
        return this.finish(
          name,
          writer.node(`${name}/point`, 'Conv2D', [deep, weights[1] ?? ''], point),
          weights[2],
          c,
        );
      }
      case 'Dense': {
        const product = writer.node(`${name}/MatMul`, 'MatMul', [x, weights[0] ?? ''], {
          transpose_a: { bool: false },
          transpose_b: { bool: false },
        });
        return this.finish(name, product, weights[1], c);
      }
      case 'BatchNormalization': {
        const channels = layer.weights[0]?.shape[0] ?? 0;
        const gamma = c.scale
          ? []
          : [writer.constant(`${name}/gamma`, Array<number>(channels).fill(1), [channels])];
        return writer.node(`${name}/FusedBatchNormV3`, 'FusedBatchNormV3', [x, ...gamma, ...weights], {
          epsilon: { float: c.epsilon },
          is_training: { bool: false },
          data_format: { text: 'NHWC' },
        });
      }
      case 'ReLU':
        return this.activation(name, x, c.maxValue === 6 ? 'relu6' : 'relu');
      case 'LeakyReLU':
        return writer.node(`${name}/LeakyRelu`, 'LeakyRelu', [x], { alpha: { float: c.alpha } });
      case 'Activation':
        return this.activation(name, x, c.activation);
      case 'ZeroPadding2D': {
        const [[top, bottom], [left, right]] = z
          .tuple([z.tuple([z.int(), z.int()]), z.tuple([z.int(), z.int()])])
          .parse(c.padding);
        const pads = writer.constant(
          `${name}/paddings`,
          [0, 0, top, bottom, left, right, 0, 0],
          [4, 2],
          'int32',
        );
        return writer.node(`${name}/Pad`, 'Pad', [x, pads]);
      }
      case 'MaxPooling2D':
        return writer.node(`${name}/MaxPool`, 'MaxPool', [x], pool(c));
      case 'AveragePooling2D':
        return writer.node(`${name}/AvgPool`, 'AvgPool', [x], pool(c));
      case 'GlobalAveragePooling2D':
        return writer.node(`${name}/Mean`, 'Mean', [x, writer.ints(`${name}/axes`, [1, 2])]);
      case 'GlobalMaxPooling2D':
        return writer.node(`${name}/Max`, 'Max', [x, writer.ints(`${name}/axes`, [1, 2])]);
      case 'Concatenate':
        return writer.node(`${name}/concat`, 'ConcatV2', [...inputs, writer.int(`${name}/axis`, c.axis)], {
          N: { int: inputs.length },
        });
      case 'Add':
        return writer.node(`${name}/add`, 'AddV2', inputs);
      case 'Multiply':
        return writer.node(`${name}/mul`, 'Mul', inputs);
      case 'Dropout':
        return writer.node(`${name}/Identity`, 'Identity', [x]);
      case 'Flatten':
        return this.reshape(name, x, [-1]);
      case 'Reshape':
        return this.reshape(name, x, c.targetShape ?? []);
      case 'UpSampling2D': {
        const size = this.slice(`${name}/size`, writer.node(`${name}/Shape`, 'Shape', [x]), 1, 3);
        const factors = writer.ints(`${name}/factors`, c.size ?? []);
        const scaled = writer.node(`${name}/scaled`, 'Mul', [size, factors]);
        return writer.node(`${name}/resize`, 'ResizeNearestNeighbor', [x, scaled], {
          half_pixel_centers: { bool: true },
        });
      }
      default:
        return assert.fail(`no graph for ${layer.getClassName()}`);
    }
  }

  private finish(name: string, y: string, bias: string | undefined, c: Config): string {
    const biased = bias === undefined ? y : this.writer.node(`${name}/BiasAdd`, 'BiasAdd', [y, bias]);
    return this.activation(name, biased, c.activation);
  }

  private activation(name: string, x: string, kind: string): string {
    const { writer } = this;
    const ops: Readonly<Record<string, string>> = {
      relu: 'Relu',
      relu6: 'Relu6',
      elu: 'Elu',
      selu: 'Selu',
      sigmoid: 'Sigmoid',
      tanh: 'Tanh',
      softplus: 'Softplus',
      softmax: 'Softmax',
    };
    if (kind === 'linear') return x;
    if (kind === 'swish') {
      return writer.node(`${name}/swish`, 'Mul', [x, writer.node(`${name}/Sigmoid`, 'Sigmoid', [x])]);
    }
    return writer.node(`${name}/${kind}`, ops[kind] ?? assert.fail(kind), [x]);
  }

  /** The batch's size is computed, as it is in what Keras writes. */
  private reshape(name: string, x: string, target: readonly number[]): string {
    const { writer } = this;
    const batch = this.slice(`${name}/batch`, writer.node(`${name}/Shape`, 'Shape', [x]), 0, 1, 1);
    const sizes = target.map((size, i) => writer.int(`${name}/size_${i}`, size));
    const shape = writer.node(`${name}/shape`, 'Pack', [batch, ...sizes], { axis: { int: 0 } });
    return writer.node(`${name}/Reshape`, 'Reshape', [x, shape]);
  }

  private slice(name: string, x: string, begin: number, end: number, shrink = 0): string {
    const { writer } = this;
    const bounds = [begin, end, 1].map((value, i) => writer.ints(`${name}/bound_${i}`, [value]));
    return writer.node(name, 'StridedSlice', [x, ...bounds], { shrink_axis_mask: { int: shrink } });
  }
}

function conv({ strides, dilationRate, padding }: Config): Record<string, Attribute> {
  return {
    strides: window(strides),
    dilations: window(dilationRate),
    padding: { text: String(padding).toUpperCase() },
    data_format: { text: 'NHWC' },
  };
}

function pool({ poolSize = [2, 2], strides, padding }: Config): Record<string, Attribute> {
  return {
    ksize: window(poolSize),
    strides: window(strides),
    padding: { text: String(padding).toUpperCase() },
  };
}
