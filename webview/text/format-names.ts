/** What the formats of models are called on the page. */
export const formatNames: Readonly<Record<string, string | undefined>> = {
  'layers-model': 'TF.js layers model',
  'graph-model': 'TF.js graph model',
  onnx: 'ONNX',
};
