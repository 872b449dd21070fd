import path from 'node:path';
import { M2atError } from '../../core/errors';
import { withOpenFile } from '../../core/files/open-for-reading';
import type { FormatDefinition } from '../../core/models/formats/define-format';
import { hasOwnExtension, namedAs } from '../../core/models/formats/find-format';
import { either, fileNames } from '../../core/models/formats/name-files';

/** What other frameworks save, and how it becomes a model that works. */
const CONVERSIONS: Readonly<Record<string, string>> = {
  '.pt': 'Export the PyTorch model with torch.onnx.export.',
  '.pth': 'Export the PyTorch model with torch.onnx.export.',
  '.ckpt': 'Export the PyTorch model with torch.onnx.export.',
  '.safetensors': 'Build the model that these weights belong to, and export it with torch.onnx.export.',
  '.h5': 'Convert the Keras model with tensorflowjs_converter or tf2onnx.',
  '.keras': 'Convert the Keras model with tensorflowjs_converter or tf2onnx.',
  '.pb': 'Convert the SavedModel with tensorflowjs_converter or tf2onnx.',
  '.tflite': 'Convert the model with tf2onnx.',
};

/**
 * Why a file is no checkpoint, and what to do, for the person who chose it.
 * @param name what people call it
 */
export async function whyNoCheckpoint(
  formats: readonly FormatDefinition[],
  file: string,
  name: string,
): Promise<string> {
  const conversion = CONVERSIONS[path.extname(file).toLowerCase()];
  const whatWorks = `What works: ${either([...fileNames(formats, 'listed'), 'the checkpoint of a training run'])}.`;
  try {
    await withOpenFile(file, {}, () => Promise.resolve());
  } catch (error) {
    if (!(error instanceof M2atError)) return `${name} is not there any more. Choose another checkpoint.`;
    return `${name} ${error.what}. ${error.hint ?? conversion ?? whatWorks}`;
  }
  const meant = namedAs(formats, file).find(hasOwnExtension);
  if (meant) {
    return `${name} is no ${meant.title} model: it is empty or damaged, or another kind of file. ${whatWorks}`;
  }
  return `${name} is no checkpoint. ${conversion ?? whatWorks}`;
}
