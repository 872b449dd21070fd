import * as ort from '../../src/core/engine/runtime/onnx-runtime';
import { traceBackend } from '../../src/core/engine/tracing/trace-backend';
import type { Compilation } from './messages';

/** Notes how long every program takes from here on to be traced, encoded and built. */
export function recordCompilations(): readonly Compilation[] {
  const compilations: Compilation[] = [];
  const backend = traceBackend();
  const [begin, end] = [backend.begin.bind(backend), backend.end.bind(backend)];
  let latest = { program: '', begun: 0, ended: 0 };
  backend.begin = (trace, foreign) => {
    latest = { program: trace.program, begun: performance.now(), ended: 0 };
    begin(trace, foreign);
  };
  backend.end = () => {
    end();
    latest.ended = performance.now();
  };
  const create = ort.InferenceSession.create.bind(ort.InferenceSession);
  Object.defineProperty(ort.InferenceSession, 'create', {
    configurable: true,
    writable: true,
    value: async (model: Uint8Array, options?: ort.InferenceSession.SessionOptions) => {
      const { program, begun, ended } = latest;
      const start = performance.now();
      const session = await create(model, options);
      const build = performance.now() - start;
      compilations.push({ program, trace: ended - begun, encode: start - ended, build });
      return session;
    },
  });
  return compilations;
}
