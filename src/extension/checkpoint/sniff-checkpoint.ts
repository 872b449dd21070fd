import path from 'node:path';
import { M2atError } from '../../core/errors';
import { withOpenFile } from '../../core/files/open-for-reading';
import { readAtMost } from '../../core/files/read-exactly';

export type CheckpointKind = 'layers-model' | 'graph-model' | 'onnx';

/** A TF.js model names its format or topology before the layers, which may be megabytes. */
const HEAD_BYTES = 64 << 10;
const FORMAT = /"format"\s*:\s*"(layers|graph)-model"/;
const TOPOLOGY = /"modelTopology"\s*:/;
/** A graph model without a format: its topology is a GraphDef, with any of its fields first. */
const GRAPH_DEF = /"modelTopology"\s*:\s*\{\s*"(?:node|library|versions)"\s*:/;

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

const WHAT_WORKS =
  'What works: the model.json of a TF.js layers or graph model, an .onnx file, or the checkpoint of a training run.';

/** Tags that may follow `ir_version` in an ONNX ModelProto: producer, domain, versions, graph, opsets, metadata. */
const ONNX_TAGS = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca]);

/** Whether a file is a checkpoint, by its content and not only its name; undefined when it is not. */
export async function sniffCheckpoint(file: string): Promise<CheckpointKind | undefined> {
  const extension = path.extname(file).toLowerCase();
  if (extension !== '.json' && extension !== '.onnx') return undefined;
  const head = await readHead(file);
  if (!head) return undefined;
  if (extension === '.json') return kindOfJson(head.toString('utf8'));
  // Field 1, a varint: the IR version, a small number.
  const [tag = 0, version = 0, next = 0] = head;
  return tag === 0x08 && version > 0 && version < 64 && ONNX_TAGS.has(next) ? 'onnx' : undefined;
}

function kindOfJson(head: string): CheckpointKind | undefined {
  const format = FORMAT.exec(head)?.[1];
  if (format !== undefined) return format === 'graph' ? 'graph-model' : 'layers-model';
  if (GRAPH_DEF.test(head)) return 'graph-model';
  return TOPOLOGY.test(head) ? 'layers-model' : undefined;
}

/**
 * Why a file is no checkpoint, and what to do, for the person who chose it.
 * @param name what people call it
 */
export async function whyNoCheckpoint(file: string, name: string): Promise<string> {
  const extension = path.extname(file).toLowerCase();
  try {
    await withOpenFile(file, {}, () => Promise.resolve());
  } catch (error) {
    if (!(error instanceof M2atError)) return `${name} is not there any more. Choose another checkpoint.`;
    return `${name} ${error.what}. ${error.hint ?? CONVERSIONS[extension] ?? WHAT_WORKS}`;
  }
  if (extension === '.onnx') {
    return `${name} is no ONNX model: it is empty or damaged, or another kind of file. ${WHAT_WORKS}`;
  }
  return `${name} is no checkpoint. ${CONVERSIONS[extension] ?? WHAT_WORKS}`;
}

/** Undefined for what is no file, or went away. */
async function readHead(file: string): Promise<Buffer | undefined> {
  const head = withOpenFile(file, {}, async ({ handle, size }) => {
    const bytes = Buffer.alloc(Math.min(size, HEAD_BYTES));
    return bytes.subarray(0, await readAtMost(handle, bytes, 0));
  });
  return head.catch(() => undefined);
}
