import { M2atError } from '../../errors';
import { defineFormat, filesCalled } from './define-format';

/** Tags that may follow `ir_version` in a ModelProto: producer, domain, versions, graph, opsets, metadata. */
const TAGS = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca]);

export const onnx = defineFormat({
  id: 'onnx',
  title: 'ONNX',
  files: filesCalled('.onnx', 'ONNX'),
  // Field 1, a varint: the IR version, a small number.
  sniff: ([tag = 0, version = 0, next = 0]) => tag === 0x08 && version > 0 && version < 64 && TAGS.has(next),
  // A file that can't be differentiated is opened in ONNX Runtime as it is.
  open: async (modelFile, options) => {
    try {
      return { model: await (await import('../onnx/load-onnx-model')).loadOnnxModel(modelFile, options) };
    } catch (noGradient) {
      if (!(noGradient instanceof M2atError) || noGradient.code !== 'unsupported') throw noGradient;
      const { loadForwardOnly } = await import('../onnx/forward-only');
      const forwardOnly = await loadForwardOnly(modelFile, options).catch(() => {
        throw noGradient;
      });
      return { forwardOnly, noGradient };
    }
  },
});
