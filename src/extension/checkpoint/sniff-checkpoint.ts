import { open } from 'node:fs/promises';
import path from 'node:path';

export type CheckpointKind = 'layers-model' | 'graph-model' | 'onnx';

/** A TF.js model names its format or topology before the layers, which may be megabytes. */
const HEAD_BYTES = 64 << 10;
const FORMAT = /"format"\s*:\s*"(layers|graph)-model"/;
const TOPOLOGY = /"modelTopology"\s*:/;
/** A graph model without a format: its topology is a GraphDef, with any of its fields first. */
const GRAPH_DEF = /"modelTopology"\s*:\s*\{\s*"(?:node|library|versions)"\s*:/;

const LAYERS_MODELS_ONLY =
  'This version attacks TF.js layers models: choose a model.json that tf.LayersModel.save wrote, such as the checkpoint of a training run.';

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

/** Why a file can't be attacked, and what to do, for the person who chose it; undefined when it can be. */
export function whyNotAttackable(kind: CheckpointKind | undefined, name: string): string | undefined {
  switch (kind) {
    case 'layers-model':
      return undefined;
    case 'graph-model':
      return `${name} is a TF.js graph model. ${LAYERS_MODELS_ONLY}`;
    case 'onnx':
      return `${name} is an ONNX model. ${LAYERS_MODELS_ONLY}`;
    case undefined:
      return `${name} is no checkpoint: choose the model.json of a TF.js layers model.`;
  }
}

async function readHead(file: string): Promise<Buffer | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } catch {
    // A folder, or a file that went away.
    return undefined;
  } finally {
    await handle.close();
  }
}
