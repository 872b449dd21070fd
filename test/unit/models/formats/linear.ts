import { defineFormat, filesCalled } from '../../../../src/core/models/formats/define-format';

/** One matrix from the pixels to the classes. */
export const linear = defineFormat({
  id: 'linear',
  title: 'Linear',
  files: filesCalled('.linear', 'Linear'),
  sniff: (head) => String.fromCharCode(...head.subarray(0, 4)) === 'LIN1',
  open: async (modelFile) => ({ model: await (await import('./read-linear')).readLinear(modelFile) }),
});
