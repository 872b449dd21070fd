/**
 * Where an input [N, ?, ?, ?] has its channels: last, unless only the second dimension looks like their number.
 * @param shape null for open dimensions
 */
export function layoutOf([, second, , last]: readonly (number | null)[]): 'NHWC' | 'NCHW' {
  return isChannels(second) && !isChannels(last) ? 'NCHW' : 'NHWC';
}

/** Whether a shape [N, ?, ?, ?] fits both orders alike. */
export function isAmbiguous([, second, , last]: readonly (number | null)[]): boolean {
  return isChannels(second) === isChannels(last);
}

function isChannels(size: number | null | undefined): boolean {
  return size === 1 || size === 3 || size === 4;
}
