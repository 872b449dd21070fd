import * as tf from '@tensorflow/tfjs';
import { TRACE_BACKEND, traceBackend } from '../tracing/trace-backend';
import type { Trace } from '../tracing/trace';
import type { Value } from '../tracing/value';
import { sameShape } from '../tracing/value';

/** ONNX's number for int64 (TensorProto.DataType). */
const INT64 = 7;

/**
 * Applies `body` to `state` `steps` times: a plain loop on TF.js's own backends, one ONNX Loop when compiled,
 * so that the graph stays small and what doesn't change from step to step is computed once.
 * `steps` may be an input of the program, an int32 scalar: then one program serves any number of steps.
 * `body` keeps the number, shapes and types of the tensors, may read any tensor or variable around it, and
 * assigns no variable. Gradients are taken within the body, not across the loop.
 * Throws RangeError when the shapes change.
 */
export function repeat(
  steps: number | tf.Tensor,
  state: readonly tf.Tensor[],
  body: (state: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor[] {
  if (tf.getBackend() === TRACE_BACKEND) {
    if (typeof steps === 'number') checkCount(steps);
    return compiledLoop(steps, state, body);
  }
  const count = typeof steps === 'number' ? steps : steps.asScalar().dataSync()[0];
  checkCount(count);
  return tf.tidy(() => {
    let current = state.map((tensor) => tensor.clone());
    for (let step = 0; step < count; step++) {
      const next = tf.tidy(() => body(current));
      checkSame(state, next);
      // A body may return what it was given.
      tf.dispose(current.filter((tensor) => !next.includes(tensor)));
      current = next;
    }
    return current;
  });
}

function checkCount(count: number | undefined): asserts count is number {
  if (count === undefined || !Number.isInteger(count) || count < 0)
    throw new RangeError(`repeat needs a number of steps, not ${count}.`);
}

function compiledLoop(
  steps: number | tf.Tensor,
  state: readonly tf.Tensor[],
  body: (state: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor[] {
  const backend = traceBackend();
  const { trace } = backend;
  const { graph } = trace;
  // A Loop counts in int64.
  const trips =
    typeof steps === 'number'
      ? graph.int64(steps)
      : graph.node('Cast', [trace.plain(backend.valueFor(steps.asScalar()))], { to: INT64 });
  const initial = state.map((tensor) => trace.plain(backend.valueFor(tensor)));
  const tensorOf = (name: string, like: tf.Tensor): tf.Tensor =>
    tf.engine().makeTensorFromTensorInfo(backend.tensorOf(valueLike(trace, name, like)));

  const { scope, result } = graph.body(() => {
    const [iteration, condition] = [graph.input('i'), graph.input('go')];
    const names = state.map(() => graph.input('s'));
    const next = tf.tidy(() => body(state.map((tensor, i) => tensorOf(names[i] ?? '', tensor))));
    checkSame(state, next);
    const outputs = next.map((tensor) => graph.output(trace.plain(backend.valueFor(tensor))));
    return { iteration, condition, names, outputs, again: graph.output(condition) };
  });

  const typed = (names: readonly string[]): { name: string; dtype: Value['dtype']; shape: number[] }[] =>
    state.map((tensor, i) => ({
      name: names[i] ?? '',
      dtype: backend.valueFor(tensor).dtype,
      shape: tensor.shape,
    }));
  const outputs = graph.loop(
    {
      inputs: [trips, graph.scalar(1, 'bool'), ...initial],
      attributes: {},
      body: {
        nodes: scope.nodes,
        inputs: [
          { name: result.iteration, dtype: 'int64', shape: [] },
          { name: result.condition, dtype: 'bool', shape: [] },
          ...typed(result.names),
        ],
        outputs: [{ name: result.again, dtype: 'bool', shape: [] }, ...typed(result.outputs)],
      },
    },
    state.length,
  );
  return state.map((tensor, i) => tensorOf(outputs[i] ?? '', tensor));
}

function valueLike(trace: Trace, name: string, like: tf.Tensor): Value {
  const { dtype } = traceBackend().valueFor(like);
  return trace.plainValue(name, [...like.shape], dtype);
}

function checkSame(before: readonly tf.Tensor[], after: readonly tf.Tensor[]): void {
  const same =
    before.length === after.length &&
    before.every((tensor, i) => {
      const other = after[i];
      return other?.dtype === tensor.dtype && sameShape(tensor.shape, other.shape);
    });
  if (!same) throw new RangeError('The body of repeat changed the number, shapes or types of its tensors.');
}
