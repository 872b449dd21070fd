import type { AttackReport } from '../../src/core/records/run-files';

/** What the formats of models are called on the page. */
export const formatNames: Readonly<Record<AttackReport['format'], string>> = {
  'layers-model': 'TF.js layers model',
  'graph-model': 'TF.js graph model',
  onnx: 'ONNX',
};
