/** What can be done with a network without gradients; which attacks these are is known to those who attack it. */
export const forwardOnlyHint =
  'Attacks that need only forward passes run on any .onnx file that ONNX Runtime can run.';
