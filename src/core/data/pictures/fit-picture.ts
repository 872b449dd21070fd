import type { Picture } from './picture';
import { resample } from './resample';

/** How pictures of other sizes and shapes become squares. */
export const fitPolicies = ['squash', 'crop', 'pad'] as const;
export type FitPolicy = (typeof fitPolicies)[number];

/**
 * A square of a picture, bilinear and antialiased. `squash` scales both sides to it; `crop` scales the shorter one and takes the
 * middle, as torchvision's Resize and CenterCrop with the same number; `pad` scales the longer one and puts the picture into
 * the middle of a black square, as Pillow's `ImageOps.pad`.
 * @param size pixels of a side
 */
export function fitPicture(picture: Picture, size: number, policy: FitPolicy): Uint8Array {
  const { width, height, channels, data } = picture;
  if (width === size && height === size) return data;
  const whole = { left: 0, top: 0, width, height };
  const square = { width: size, height: size };
  if (policy === 'squash') return resample(picture, whole, square);
  if (policy === 'crop') {
    const scaled =
      width <= height
        ? { width: size, height: Math.max(size, Math.floor((size * height) / width)) }
        : { width: Math.max(size, Math.floor((size * width) / height)), height: size };
    const left = halfEven(scaled.width - size);
    const top = halfEven(scaled.height - size);
    return resample(picture, whole, scaled, { left, top, ...square });
  }
  const scaled =
    width >= height
      ? { width: size, height: Math.max(1, Math.round((height / width) * size)) }
      : { width: Math.max(1, Math.round((width / height) * size)), height: size };
  const inside = resample(picture, whole, scaled);
  const left = halfEven(size - scaled.width);
  const top = halfEven(size - scaled.height);
  const out = new Uint8Array(size * size * channels);
  const row = scaled.width * channels;
  for (let y = 0; y < scaled.height; y++) {
    out.set(inside.subarray(y * row, (y + 1) * row), ((top + y) * size + left) * channels);
  }
  return out;
}

/** Half of a whole number; of two that are as near, the even one, as Python's `round`. */
function halfEven(twice: number): number {
  const half = Math.floor(twice / 2);
  return twice % 2 === 1 && half % 2 === 1 ? half + 1 : half;
}
