import { messageOf } from '../../errors';
import type { TracedProgram } from './trace-program';

/** How ONNX Runtime names the node that failed: while running, and while it builds a session. */
const named = [/Name:\s*'(\w+)'/, /[Nn]ode \((\w+)\)/, /[Nn]ode:\s*(\w+)/];

/** Where in the program an error of ONNX Runtime comes from, for the details of an error; empty where it can't be told. */
export function failedPlace(traced: Pick<TracedProgram, 'placeOf'>, cause: unknown): { where?: string } {
  const message = messageOf(cause);
  const node = named.map((pattern) => pattern.exec(message)?.[1]).find((name) => name !== undefined);
  const where = node === undefined ? undefined : traced.placeOf(node);
  return where === undefined ? {} : { where };
}
