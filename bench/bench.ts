import { Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { wholeNumber } from '../src/cli/commands/common';
import { table } from '../src/core/report/text-table';
import type { Device } from '../src/core/engine/devices/device';
import { openDevice } from '../src/core/engine/devices/devices';
import { compareNumbers } from './check';
import { compareMethods, methodCells, methodHead, methodNames, type MethodRow } from './compare-methods';
import { compareTfjs } from './compare-tfjs';
import { compareTorch } from './compare-torch';
import { machineLine } from './machine';
import { networks, type BenchNetwork } from './networks';
import { markdownTable } from './markdown';
import { peerChoices, type PeerChoice } from './peer-mode';
import { writeSection } from './report';
import { benchmarksPage } from './root';
import { cellsOf, type Row } from './row';
import { clocks, taskIds, type BenchTask, type Clock } from './tasks';
import { torchPeers, type TorchPeer } from './torch-peer';

/** A step of every training method is timed on this one. */
const METHODS_NETWORK = 'preact-resnet';

/** Of numbers that should be equal but for rounding. A ReLU input near 0 may round to either side. */
const TOLERANCE = 1e-3;

interface Flags {
  readonly json?: string;
  /** False: none. */
  readonly networks: string[] | false;
  readonly tasks: BenchTask[];
  readonly methods: string[] | false;
  readonly peers: ('torch' | 'tfjs')[];
  readonly peerMode: PeerChoice;
  readonly repetitions?: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly check?: boolean;
  readonly write?: boolean;
}

async function bench(flags: Flags): Promise<void> {
  const { threads } = flags;
  const isAll = (chosen: readonly unknown[] | false, all: readonly unknown[]): boolean =>
    chosen === false || chosen.length === all.length;
  const whole =
    isAll(flags.networks, networks) && isAll(flags.tasks, taskIds) && isAll(flags.methods, methodNames);
  if (flags.write && (!whole || flags.clock !== 'wall'))
    throw new Error(
      '--write replaces whole tables: all of --networks, --tasks and --methods, or none, in wall time.',
    );
  const device = await openDevice('onnx-cpu', { threads });
  const peers =
    flags.peers.includes('torch') || flags.check ? await torchPeers(threads, peerMode(flags)) : [];
  try {
    if (flags.write && flags.peers.includes('torch') && peers.length === 0)
      throw new Error('--write needs PyTorch.');
    console.log(`${machineLine(threads)}\n${device.description}`);
    await (flags.check ? check(device, peers[0], flags) : measure(device, peers, flags));
  } finally {
    for (const peer of peers) peer.stop();
    await device.dispose();
  }
}

function chosenNetworks({ networks: chosen }: Flags): BenchNetwork[] {
  return networks.filter(({ id }) => chosen !== false && chosen.includes(id));
}

/** Numbers are compared eagerly. */
function peerMode({ check, peerMode }: Flags): PeerChoice {
  return check ? 'eager' : peerMode;
}

async function measure(device: Device, peers: readonly TorchPeer[], flags: Flags): Promise<void> {
  const { tasks: only, json, threads, clock } = flags;
  const chosen = chosenNetworks(flags);
  const onRow = (row: Row): void => {
    const times = Object.entries(row.peer_modes ?? {}).map(([mode, ms]) => `${mode} ${ms.toFixed(0)}`);
    const theirs = row.peer_ms === null ? (row.error ?? '') : `${row.peer_ms.toFixed(0)} ms`;
    const modes = times.length > 0 ? ` (${times.join(', ')})` : '';
    console.log(
      `${row.name}: ${row.ours_ms.toFixed(0)} ms${row.peer ? `, ${row.peer} ${theirs}${modes}` : ''}`,
    );
  };
  const rows: Row[] = [];
  for (const network of flags.peers.includes('torch') ? chosen : []) {
    const repetitions = flags.repetitions ?? network.repetitions;
    rows.push(...(await compareTorch(device, peers, network, { only, repetitions, clock, onRow })));
  }
  const [smallest] = chosen;
  const withTfjs = flags.peers.includes('tfjs') && clock === 'wall';
  const tfjs = withTfjs && smallest ? await compareTfjs(device, smallest, only, onRow) : [];

  const ofMethods = await measureMethods(flags, onRow);

  const head = ['', 'ours, ms', `${peers[0]?.name ?? 'PyTorch'}, ms`, 'configuration', 'ratio'];
  const tables = [
    { section: 'torch', head, cells: rows.map(torchCells) },
    { section: 'methods', head: methodHead, cells: ofMethods.map(methodCells) },
    { section: 'tfjs', head: ['', 'backend', 'ours, ms', 'TF.js, ms', 'ratio'], cells: tfjs.map(tfjsCells) },
  ].filter(({ cells }) => cells.length > 0);
  console.log(`\nMedians of ${clock} time of runs in turn; ratio = ours / theirs, under 1 is faster.`);
  for (const { head: titles, cells } of tables) console.log(`\n${table(titles, cells)}`);
  const machine = `${machineLine(threads)}. ${device.description}.`;
  if (json !== undefined) {
    const results = [...rows, ...ofMethods, ...tfjs].map((row) => ({ ...row, clock, machine }));
    await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  }
  if (!flags.write) return;
  for (const { section, head: titles, cells } of tables) {
    await writeSection(benchmarksPage, section, `${machine}\n\n${markdownTable(titles, cells)}`);
  }
}

/** Steps of methods, on the one network that methods are compared on. */
async function measureMethods(flags: Flags, onRow: (row: Row) => void): Promise<MethodRow[]> {
  const network = networks.find(({ id }) => id === METHODS_NETWORK);
  if (!network || flags.methods === false) return [];
  return compareMethods(network, {
    names: flags.methods,
    torch: flags.peers.includes('torch'),
    mode: flags.peerMode,
    threads: flags.threads,
    repetitions: flags.repetitions ?? network.repetitions,
    clock: flags.clock,
    onRow,
  });
}

function torchCells(row: Row): string[] {
  const [name = '', ours = '', theirs = '', ratio = ''] = cellsOf(row);
  return [name, ours, theirs, row.mode ?? '', ratio];
}

function tfjsCells(row: Row): string[] {
  const [name = '', ours = '', theirs = '', ratio = ''] = cellsOf(row);
  return [name, row.peer ?? '', ours, theirs, ratio];
}

/** That both sides are the same network: the same logits, and the same losses over some SGD steps. */
async function check(device: Device, peer: TorchPeer | undefined, flags: Flags): Promise<void> {
  if (!peer) throw new Error('The check needs PyTorch.');
  for (const network of chosenNetworks(flags)) {
    const { logits, losses } = await compareNumbers(device, peer, network);
    const agrees = logits < TOLERANCE && losses < TOLERANCE;
    const [a, b] = [logits, losses].map((value) => value.toExponential(1));
    console.log(
      `${network.title}: ${agrees ? 'the same' : 'DIFFERENT'} (logits ${a}, losses of SGD steps ${b})`,
    );
    if (!agrees) process.exitCode = 1;
  }
}

new Command('bench')
  .description("Times training steps and attacks, ours and those of PyTorch and TF.js's backends in turn.")
  .option('--json <file>', 'write [{name, ours_ms, peer, peer_ms, ratio, …}]')
  .addOption(
    new Option('--networks <ids...>', 'networks that all tasks are timed on')
      .choices(networks.map(({ id }) => id))
      .default(networks.map(({ id }) => id)),
  )
  .addOption(new Option('--only, --tasks <ids...>', 'tasks').choices(taskIds).default(taskIds))
  .addOption(
    new Option('--methods <names...>', `training methods whose step is timed, on ${METHODS_NETWORK}`)
      .choices(methodNames)
      .default(methodNames),
  )
  .option('--no-networks', 'no tasks but steps of methods')
  .option('--no-methods', 'no steps of methods')
  .addOption(
    new Option('--peers <names...>', 'what to compare with')
      .choices(['torch', 'tfjs'])
      .default(['torch', 'tfjs']),
  )
  .addOption(
    new Option('--repetitions <count>', 'counted runs of each side; default: 7, or 5 for the largest network') //
      .argParser(wholeNumber(1)),
  )
  .addOption(
    new Option('--threads <count>', 'threads of each side')
      .argParser(wholeNumber(1))
      .default(os.availableParallelism()),
  )
  .addOption(
    new Option('--clock <kind>', 'wall time, or CPU time of the process with all its threads (without TF.js)')
      .choices(clocks)
      .default('wall'),
  )
  .addOption(
    new Option(
      '--peer-mode <mode>',
      'how PyTorch runs; fastest: measures all, and the fastest of a row counts',
    )
      .choices(peerChoices)
      .default('fastest'),
  )
  .option('--check', 'compare numbers instead of times: the same weights must give the same results')
  .option('--write', 'write the tables to docs/benchmarks.md')
  .action(bench)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
