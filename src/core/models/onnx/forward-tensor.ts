import * as ort from '../../engine/runtime/onnx-runtime';
import { sizeOf } from '../../engine/arrays/nd-array';
import { M2atError } from '../../errors';
import { floatToHalf, halfToFloat } from './numbers';

/** Element types that images can have, by ONNX's number: float, uint8, float16, double. */
export const inputTypes: ReadonlySet<number> = new Set([1, 2, 10, 11]);

/** Images as a tensor of the type that a model wants; as uint8 they are rounded. */
export function imageTensor(images: Float32Array, shape: readonly number[], elementType: number): ort.Tensor {
  switch (elementType) {
    case 2:
      return new ort.Tensor('uint8', Uint8ClampedArray.from(images), shape);
    case 10:
      return new ort.Tensor('float16', Uint16Array.from(images, floatToHalf), shape);
    case 11:
      return new ort.Tensor('float64', Float64Array.from(images), shape);
    default:
      return new ort.Tensor('float32', images, shape);
  }
}

/** The scores of a result: a row an image, whatever axes of size 1 there are. */
export function scoresOf({ data, dims }: ort.Tensor, batch: number, modelFile: string): Float32Array {
  const axes = dims.filter((size, axis) => axis === 0 || size !== 1);
  if (axes[0] === batch && axes.length <= 2 && data.length === sizeOf(dims)) {
    if (data instanceof Float32Array) return data;
    if (data instanceof Float64Array) return Float32Array.from(data);
    if (data instanceof Uint16Array) return Float32Array.from(data, halfToFloat);
  }
  throw new M2atError(
    'checkpoint',
    `no image classifier: it returns [${dims.join(', ')}] for ${batch} images`,
    {
      where: modelFile,
      hint: 'Expected one row of class scores for each image.',
    },
  );
}
