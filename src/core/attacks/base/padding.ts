import { float32, sizeOf, type NdArray } from '../../engine/arrays/nd-array';

/** Black images up to `count`: a batch of another size would be another compilation. */
export function padImages(images: NdArray<'float32'>, count: number): NdArray<'float32'> {
  const [have = 0, ...shape] = images.shape;
  if (have === count) return images;
  const data = new Float32Array(count * sizeOf(shape));
  data.set(images.data);
  return float32(data, [count, ...shape]);
}
