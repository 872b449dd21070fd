import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { runFile } from '../../core/runs/run-paths';

export type CheckpointKind = 'tfjs' | 'onnx';

/** A TF.js model names its format or topology before the layers, which may be megabytes. */
const HEAD_BYTES = 64 << 10;
const TFJS_MARK = /"modelTopology"\s*:|"format"\s*:\s*"(?:layers|graph)-model"/;

/** Tags that may follow `ir_version` in an ONNX ModelProto: producer, domain, versions, graph, opsets, metadata. */
const ONNX_TAGS = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72, 0xa2, 0xca]);

/** Whether a file is a checkpoint, by its content and not only its name; undefined when it is not. */
export async function sniffCheckpoint(file: string): Promise<CheckpointKind | undefined> {
  const extension = path.extname(file).toLowerCase();
  if (extension !== '.json' && extension !== '.onnx') return undefined;
  const head = await readHead(file);
  if (!head) return undefined;
  if (extension === '.json') return TFJS_MARK.test(head.toString('utf8')) ? 'tfjs' : undefined;
  // Field 1, a varint: the IR version, a small number.
  const [tag = 0, version = 0, next = 0] = head;
  return tag === 0x08 && version > 0 && version < 64 && ONNX_TAGS.has(next) ? 'onnx' : undefined;
}

/** The latest checkpoint of a run: the path of its `model.json`; undefined before the first is saved. */
export async function latestCheckpoint(run: string): Promise<string | undefined> {
  const file = path.join(run, runFile.lastCheckpoint, 'model.json');
  return stat(file).then(
    () => file,
    () => undefined,
  );
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
