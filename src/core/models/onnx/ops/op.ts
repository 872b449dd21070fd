import type { NodeCall } from '../node-call';
import type { OnnxValue } from '../value';

/** An operator of ONNX as TF.js ops: its outputs in order; one that nobody may read can be left out. */
export type Op = (call: NodeCall) => OnnxValue | readonly OnnxValue[];

export type Ops = Readonly<Record<string, Op>>;
