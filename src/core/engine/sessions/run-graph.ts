import type * as ort from '../runtime/onnx-runtime';
import { M2atError, messageOf } from '../../errors';
import { HostResult, type DeviceArray, type ProgramInput } from '../arrays/device-array';
import type { Memory, Pending } from './memory';
import { arrayOf } from './ort-tensor';
import type { ProviderSession } from './provider-session';
import { failedPlace } from '../compile/failed-place';
import type { TracedProgram } from '../compile/trace-program';

/** A program as one session runs it. */
export interface RunnableGraph {
  readonly name: string;
  readonly traced: TracedProgram;
  readonly memory: Memory;
}

/**
 * Runs a traced program once: feeds inputs and variables from `memory`, and makes what the program assigned the
 * variables' new values. `keep` leaves results on the device; otherwise they are in host memory.
 * Throws `internal` when ONNX Runtime fails; variables keep their values then.
 */
export async function runGraph(
  session: ProviderSession,
  { name, traced, memory }: RunnableGraph,
  inputs: readonly ProgramInput[],
  keep: boolean,
): Promise<DeviceArray[]> {
  const feeds: Record<string, ort.Tensor> = {};
  for (const [i, input] of inputs.entries()) {
    const feed = traced.inputs[i];
    if (feed !== undefined) feeds[feed] = await memory.input(input);
  }
  for (const { name: feed, variable } of traced.captured) {
    if (variable.isDisposed) {
      throw new M2atError('internal', `The program "${name}" uses the disposed variable ${variable.name}.`);
    }
    feeds[feed] = await memory.variable(variable);
  }
  const fetches: Record<string, ort.Tensor | null> = {};
  const pending: Pending[] = [];
  const results = [];
  for (const output of traced.outputs) {
    const place = keep ? await memory.result(output) : undefined;
    fetches[output.name] = place?.tensor ?? null;
    results.push({ output, place });
  }
  for (const { name: fetch, variable } of traced.assigned) {
    const next = await memory.next(variable);
    fetches[fetch] = next.tensor;
    pending.push(next);
  }
  let values: ort.InferenceSession.ReturnType;
  try {
    values = await session.run(feeds, fetches);
  } catch (cause) {
    for (const next of pending) next.abandon();
    for (const { place } of results) place?.abandon();
    throw new M2atError('internal', `The program "${name}" failed in ONNX Runtime: ${messageOf(cause)}`, {
      ...failedPlace(traced, cause),
      cause,
    });
  }
  for (const next of pending) next.commit();
  return results.map(
    ({ output, place }) =>
      place?.commit() ?? new HostResult(arrayOf(values[output.name], output.shape, output.dtype)),
  );
}
