import * as z from 'zod';

const shapes = z.array(z.record(z.string(), z.array(z.number())));

const event = z.object({
  cat: z.string(),
  name: z.string(),
  /** Microseconds, as `dur`. */
  ts: z.number(),
  dur: z.number(),
  args: z.looseObject({
    op_name: z.string().optional(),
    input_type_shape: shapes.optional(),
    output_type_shape: shapes.optional(),
  }),
});

/** One execution of one node. */
export interface NodeRun {
  readonly node: string;
  readonly op: string;
  readonly microseconds: number;
  readonly inputs: readonly (readonly number[])[];
  readonly outputs: readonly (readonly number[])[];
}

/** One run of a session: what its nodes took, and the whole. */
export interface ProgramRun {
  readonly microseconds: number;
  readonly nodes: readonly NodeRun[];
}

const suffix = '_kernel_time';

/** The runs in a profile that ONNX Runtime wrote (`enableProfiling`). Loops are left out, their bodies are in. */
export function readProfile(text: string): ProgramRun[] {
  const events = z.array(event).parse(JSON.parse(text));
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith(suffix));
  return events
    .filter(({ cat, name }) => cat === 'Session' && name === 'model_run')
    .map(({ ts, dur }) => ({
      microseconds: dur,
      nodes: nodes
        .filter((node) => node.ts >= ts && node.ts <= ts + dur && node.args.op_name !== 'Loop')
        .map((node) => ({
          node: node.name.slice(0, -suffix.length),
          op: node.args.op_name ?? '',
          microseconds: node.dur,
          inputs: shapesOf(node.args.input_type_shape),
          outputs: shapesOf(node.args.output_type_shape),
        })),
    }));
}

function shapesOf(list: z.output<typeof shapes> = []): number[][] {
  return list.map((entry) => Object.values(entry)[0] ?? []);
}
