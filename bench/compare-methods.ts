import { methods } from '../src/core/methods';
import { chooseMethod } from '../src/core/methods/choose-method';
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

/** Those that need no file. */
export const methodNames: readonly string[] = methods
  .filter(({ files }) => files.length === 0)
  .map(({ name }) => name);

/** A step of a method, with what it costs beside a step of PGD-AT. */
export interface MethodRow extends Row {
  /** Forward and backward passes over the network in a step. */
  readonly passes: number;
  /** The step's time in passes of PGD-AT, over its own passes: at most 1.1 is the aim. */
  readonly pass_ratio: number;
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
  const passes = passesOf(name);
  return {
    ...row,
    passes,
    pass_ratio: passRatio({ step: row.ours_ms, passes }, { step: median(pgdAt), passes: passesOf(MEASURE) }),
    ours_rss: await ours.peakMemory(),
    peer_rss: (await fastestOf(against.theirs)?.by.peakMemory()) ?? null,
  };
}

interface Cost {
  /** Milliseconds. */
  readonly step: number;
  readonly passes: number;
}

/** The time of a pass of one method over that of another. */
export function passRatio(a: Cost, b: Cost): number {
  return a.step / a.passes / (b.step / b.passes);
}

export function passesOf(name: string): number {
  const { attack, training } = chooseMethod(methods, methodParameters(name)).passes;
  return attack + training;
}

function ourProcess({ model, batch }: BenchNetwork, threads: number): Promise<OurProcess> {
  return OurProcess.start({ network: model, batch, threads });
}

export const methodHead = [
  ...['', 'passes', 'ours, ms', 'PyTorch, ms', 'configuration', 'ratio', 'a pass / PGD-AT’s'],
  ...['ours, peak MiB', 'PyTorch, peak MiB', 'ratio'],
];

export function methodCells(row: MethodRow): string[] {
  const [, ours = '', theirs = '', ratio = ''] = cellsOf(row);
  const mebibytes = (bytes: number | null): string => (bytes === null ? '' : (bytes / 2 ** 20).toFixed(0));
  return [
    row.task.slice(0, -'-step'.length),
    String(row.passes),
    ours,
    theirs,
    row.mode ?? '',
    ratio,
    row.pass_ratio.toFixed(2),
    mebibytes(row.ours_rss),
    mebibytes(row.peer_rss),
    row.peer_rss === null ? '' : (row.ours_rss / row.peer_rss).toFixed(2),
  ];
}
