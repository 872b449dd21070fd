import { isMainThread } from 'node:worker_threads';
import { M2atError } from '../../errors';

/**
 * Turns ONNX Runtime's telemetry off, which its Linux and macOS builds send unless this variable is set before they
 * start. Whatever loads the library imports this first (`onnx-runtime.ts` alone does). A thread's `process.env` is a
 * copy that never reaches the library, so a thread is refused rather than trusted.
 */
if (!isMainThread) {
  throw new M2atError('internal', 'ONNX Runtime was about to be loaded by a thread', {
    hint: 'Only the main thread can turn its telemetry off: load it there.',
  });
}
process.env.ORT_DISABLE_TELEMETRY = '1';
