import { flopsOf } from './flops';
import type { ProgramProfile } from './profiled-sessions';
import type { NodeRun } from './read-profile';
import { rolesOf, type Role } from './roles';

export interface Share {
  readonly key: string;
  /** Milliseconds in one step. */
  readonly ms: number;
  /** Executions in one step. */
  readonly count: number;
  /** Floating-point operations of convolutions and matrix products in one step. */
  readonly flops: number;
}

export interface StepProfile {
  /** Wall time of one step, host work included. */
  readonly stepMs: number;
  /** Time within ONNX Runtime's runs. */
  readonly runsMs: number;
  /** By role; `between nodes` is what the runs took beyond their nodes, `host` what the step took beyond its runs. */
  readonly roles: readonly Share[];
  readonly ops: readonly Share[];
  /** The heaviest groups of role, op and input shapes. */
  readonly groups: readonly Share[];
}

type Grouping = 'role' | 'op' | 'group';

interface Labelled extends NodeRun {
  readonly role: Role | 'added by ONNX Runtime';
}

/**
 * Averages the profiles of some steps.
 * @param stepTimes wall milliseconds of each
 */
export function summarize(profiles: readonly ProgramProfile[], stepTimes: readonly number[]): StepProfile {
  const steps = stepTimes.length;
  const nodes: Labelled[] = [];
  let runs = 0;
  for (const profile of profiles) {
    const roleOf = rolesOf(profile.nodes, profile.calls);
    for (const run of profile.runs) {
      runs += run.microseconds;
      for (const node of run.nodes)
        nodes.push({ ...node, role: roleOf.get(node.node) ?? 'added by ONNX Runtime' });
    }
  }
  const stepMs = stepTimes.reduce((a, b) => a + b, 0) / steps;
  const runsMs = runs / 1000 / steps;
  const byRole = group(nodes, 'role', steps);
  const inNodes = byRole.reduce((sum, { ms }) => sum + ms, 0);
  const rest = (key: string, ms: number): Share => ({ key, ms, count: 0, flops: 0 });
  return {
    stepMs,
    runsMs,
    roles: [...byRole, rest('between nodes', runsMs - inNodes), rest('host', stepMs - runsMs)],
    ops: group(nodes, 'op', steps),
    groups: group(nodes, 'group', steps),
  };
}

function group(nodes: readonly Labelled[], by: Grouping, steps: number): Share[] {
  const shares = new Map<string, { ms: number; count: number; flops: number }>();
  for (const node of nodes) {
    const key = by === 'group' ? groupKey(node) : node[by];
    const share = shares.get(key) ?? { ms: 0, count: 0, flops: 0 };
    share.ms += node.microseconds / 1000;
    share.count++;
    if (isProduct(node)) share.flops += flopsOf(node);
    shares.set(key, share);
  }
  return [...shares]
    .map(([key, { ms, count, flops }]) => ({
      key,
      ms: ms / steps,
      count: count / steps,
      flops: flops / steps,
    }))
    .sort((a, b) => b.ms - a.ms);
}

function isProduct({ role }: Labelled): boolean {
  return (role.startsWith('convolution') && role !== 'convolution, transforms') || role === 'dense layers';
}

function groupKey({ role, op, inputs }: Labelled): string {
  const shapes = inputs.slice(0, 2).map((shape) => shape.join('x') || '1');
  return `${role}: ${op} ${shapes.join(', ')}`;
}
