import { M2atError } from '../../errors';
import type { InputSpec } from './input-spec';

interface ImagesOf {
  /** Height, width and channels of the images. */
  readonly inputShape: readonly [number, number, number];
  readonly spec: InputSpec;
}

/** @throws M2atError `bad-input` for images of another size than the network's */
export function assertImages({ inputShape, spec }: ImagesOf, where: string): void {
  const wanted = [spec.height, spec.width, spec.channels];
  if (wanted.every((size, axis) => size === null || size === inputShape[axis])) return;
  const text = (sizes: readonly (number | null)[]): string => sizes.map((size) => size ?? 'any').join(' x ');
  throw new M2atError(
    'bad-input',
    `takes images of ${text(wanted)}; those of the data set are ${text(inputShape)} (height x width x channels)`,
    { where, hint: 'Take images of its size, or a network for yours.' },
  );
}
