/** The opsets of ONNX whose operators are understood. */
export const oldestOpset = 11;
export const newestOpset = 21;
