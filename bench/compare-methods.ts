import { methods } from '../src/core/methods';
import { chooseMethod } from '../src/core/methods/choose-method';
import type { StepPasses } from '../src/core/methods/define-method';
import { againstTorch } from './against-torch';
import { median } from './alternate';
import type { BenchNetwork } from './networks';
import { methodParameters } from './method-parameters';
import type { PeerChoice } from './peer-mode';
import { cellsOf, fastestOf, rowOf, type Row } from './row';
import { OurProcess } from './scaling/our-process';
import { stepOf, type Clock } from './tasks';
import { torchPeers, type TorchPeer } from './torch-peer';

/** The method whose passes are the measure of others'. */
const MEASURE = 'pgd-at';

export const methodNames: readonly string[] = methods.map(({ name }) => name);

/** A step of a method, with what it costs beside a step of PGD-AT. */
export interface MethodRow extends Row {
  /** Forward and backward passes over the network in a step. */
  readonly passes: number;
  /** The step's time in passes of PGD-AT, over its own passes. */
  readonly pass_ratio: number;
  /** What it computes, in forward passes: see {@link workOf}. */
  readonly work: number;
  /** The time of a unit of work over that of PGD-AT: at most 1.1 is the aim. */
  readonly work_ratio: number;
  /** Peak resident memory of the process that did only this, bytes. */
  readonly ours_rss: number;
  readonly peer_rss: number | null;
}

export interface CompareMethodsOptions {
  readonly names: readonly string[];
  /** Whether to compare with PyTorch. */
  readonly torch: boolean;
  readonly mode: PeerChoice;
  readonly threads: number;
  readonly repetitions: number;
  readonly clock: Clock;
  readonly onRow: (row: MethodRow) => void;
}

/**
 * Times a step of each method: ours, PyTorch's and our PGD-AT's in turn, all in processes of their own, for their
 * memory.
 */
export async function compareMethods(
  network: BenchNetwork,
  { names, torch, mode, onRow, ...options }: CompareMethodsOptions,
): Promise<MethodRow[]> {
  const rows: MethodRow[] = [];
  const measure = await ourProcess(network, options.threads);
  try {
    for (const name of names) {
      const ours = await ourProcess(network, options.threads);
      const peers = torch ? await torchPeers(options.threads, mode) : [];
      try {
        const row = await methodRow(name, network, { ours, measure, peers }, options);
        rows.push(row);
        onRow(row);
      } finally {
        ours.stop();
        for (const peer of peers) peer.stop();
      }
    }
  } finally {
    measure.stop();
  }
  return rows;
}

interface Sides {
  readonly ours: OurProcess;
  /** For PGD-AT. */
  readonly measure: OurProcess;
  readonly peers: readonly TorchPeer[];
}

async function methodRow(
  name: string,
  network: BenchNetwork,
  { ours, measure, peers }: Sides,
  { clock, repetitions }: Pick<CompareMethodsOptions, 'clock' | 'repetitions'>,
): Promise<MethodRow> {
  const { model, batch } = network;
  for (const peer of peers) await peer.build({ network: model, batch });
  const task = stepOf(name);
  const against = await againstTorch(
    [() => ours.time(task, clock), () => measure.time(stepOf(MEASURE), clock)],
    peers,
    { task, clock, repetitions },
  );
  const [step = [], pgdAt = []] = against.ours;
  const row = rowOf({ ...against, task: { id: task, title: name }, network, batch, ours: step });
  return {
    ...row,
    ...besides(row.ours_ms / median(pgdAt), stepPasses(name), stepPasses(MEASURE)),
    ours_rss: await ours.peakMemory(),
    peer_rss: (await fastestOf(against.theirs)?.by.peakMemory()) ?? null,
  };
}

export function stepPasses(name: string): StepPasses {
  return chooseMethod(methods, methodParameters(name)).passes;
}

/** @param ratio of the times of two steps, the first one's over that of the measure */
export function besides(
  ratio: number,
  passes: StepPasses,
  measure: StepPasses,
): Pick<MethodRow, 'passes' | 'pass_ratio' | 'work' | 'work_ratio'> {
  const [count, work] = [countOf(passes), workOf(passes)];
  return {
    ...{ passes: count, pass_ratio: (ratio * countOf(measure)) / count },
    ...{ work, work_ratio: (ratio * workOf(measure)) / work },
  };
}

/** Forward and backward. */
function countOf({ attack, training }: StepPasses): number {
  return attack + training;
}

/**
 * What passes compute, in forward passes: a gradient of the images costs as much again, one of the filters too.
 * A network's convolutions have as many multiplications in each of the three.
 */
function workOf({ attack, training, forward = 0 }: StepPasses): number {
  return forward + 2 * attack + 3 * training;
}

function ourProcess({ model, batch }: BenchNetwork, threads: number): Promise<OurProcess> {
  return OurProcess.start({ network: model, batch, threads });
}

export const methodHead = [
  ...['', 'passes', 'work', 'ours, ms', 'PyTorch, ms', 'configuration', 'ratio'],
  ...['a pass / PGD-AT’s', 'a unit of work / PGD-AT’s'],
  ...['ours, peak MiB', 'PyTorch, peak MiB', 'ratio'],
];

export function methodCells(row: MethodRow): string[] {
  const [, ours = '', theirs = '', ratio = ''] = cellsOf(row);
  const mebibytes = (bytes: number | null): string => (bytes === null ? '' : (bytes / 2 ** 20).toFixed(0));
  return [
    row.task.slice(0, -'-step'.length),
    String(row.passes),
    String(row.work),
    ours,
    theirs,
    row.mode ?? '',
    ratio,
    row.pass_ratio.toFixed(2),
    row.work_ratio.toFixed(2),
    mebibytes(row.ours_rss),
    mebibytes(row.peer_rss),
    row.peer_rss === null ? '' : (row.ours_rss / row.peer_rss).toFixed(2),
  ];
}
