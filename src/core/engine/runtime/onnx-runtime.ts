// Before the library: imports are evaluated in their order, in the bundles too.
import './no-telemetry';
import { createRequire } from 'node:module';
import path from 'node:path';

/** ONNX Runtime, for all of this program: lint refuses every other import of it. */
export * from 'onnxruntime-node';

/** The folder of its package, whose `bin/` holds the libraries. */
export function packageFolder(): string {
  return path.dirname(createRequire(__filename).resolve('onnxruntime-node/package.json'));
}
