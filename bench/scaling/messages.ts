import * as z from 'zod';
import { modelParameters } from '../../src/core/models/networks/model-schema';
import { clocks, tasks } from '../tasks';

/** What the child of `npm run bench:scaling` is to run: its one argument, as JSON. */
export const childSetup = z.object({
  network: modelParameters,
  batch: z.int(),
  threads: z.int(),
});

export const request = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('time'),
    task: z.union([z.enum(tasks.map(({ id }) => id)), z.templateLiteral([z.string(), '-step'])]),
    clock: z.enum(clocks),
  }),
  z.object({ type: z.literal('memory') }),
  z.object({ type: z.literal('compilations') }),
]);

/** Milliseconds from a program to its session. */
export const compilation = z.object({
  program: z.string(),
  /** Running the program on the tracing backend, and the passes over its graph. */
  trace: z.number(),
  /** Serializing the graph, and looking for a session that has it already. */
  encode: z.number(),
  /** ONNX Runtime's part. */
  build: z.number(),
});

export const timeAnswer = z.object({ ms: z.number() });
export const memoryAnswer = z.object({ bytes: z.number() });
export const compilationsAnswer = z.object({ compilations: z.array(compilation) });
export const readyAnswer = z.object({ ready: z.literal(true) });
export const errorAnswer = z.object({ error: z.string() });

export type ChildSetup = z.input<typeof childSetup>;
export type Request = z.output<typeof request>;
export type Compilation = z.output<typeof compilation>;
