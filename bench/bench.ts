import { Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { wholeNumber } from '../src/cli/commands/common';
import { table } from '../src/cli/table';
import type { Device } from '../src/core/engine/devices/device';
import { openDevice } from '../src/core/engine/devices/devices';
import { compareNumbers } from './check';
import { compareTfjs } from './compare-tfjs';
import { compareTorch } from './compare-torch';
import { machineLine } from './machine';
import { networks } from './networks';
import { markdownTable } from './markdown';
import { writeSection } from './report';
import { benchmarksPage } from './root';
import { cellsOf, type Row } from './row';
import { taskIds, type BenchTask, type Clock } from './tasks';
import { torchPeer, type TorchPeer } from './torch-peer';

/** Of numbers that should be equal but for rounding. A ReLU input near 0 may round to either side. */
const TOLERANCE = 1e-3;

interface Flags {
  readonly json?: string;
  readonly networks: string[];
  readonly tasks: BenchTask[];
  readonly peers: ('torch' | 'tfjs')[];
  readonly repetitions?: number;
  readonly threads: number;
  readonly channelsLast?: boolean;
  readonly clock: Clock;
  readonly check?: boolean;
  readonly write?: boolean;
}

async function bench(flags: Flags): Promise<void> {
  const { threads } = flags;
  const whole = flags.networks.length === networks.length && flags.tasks.length === taskIds.length;
  if (flags.write && (!whole || flags.clock !== 'wall'))
    throw new Error('--write replaces whole tables: leave --networks, --tasks and --clock out.');
  const device = await openDevice('onnx-cpu', { threads });
  const peer = flags.peers.includes('torch') || flags.check ? await torchPeer(threads) : undefined;
  try {
    if (flags.write && flags.peers.includes('torch') && !peer) throw new Error('--write needs PyTorch.');
    console.log(`${machineLine(threads)}\n${device.description}`);
    await (flags.check ? check(device, peer, flags) : measure(device, peer, flags));
  } finally {
    peer?.stop();
    await device.dispose();
  }
}

async function measure(device: Device, peer: TorchPeer | undefined, flags: Flags): Promise<void> {
  const { tasks: only, json, threads, clock } = flags;
  const chosen = networks.filter(({ id }) => flags.networks.includes(id));
  const onRow = (row: Row): void => {
    const theirs = row.peer_ms === null ? (row.error ?? '') : `${row.peer_ms.toFixed(0)} ms`;
    console.log(`${row.name}: ${row.ours_ms.toFixed(0)} ms${row.peer ? `, ${row.peer} ${theirs}` : ''}`);
  };
  const rows: Row[] = [];
  for (const network of flags.peers.includes('torch') ? chosen : []) {
    const repetitions = flags.repetitions ?? network.repetitions;
    const channelsLast = flags.channelsLast ?? false;
    const options = { only, repetitions, channelsLast, clock, onRow };
    rows.push(...(await compareTorch(device, peer, network, options)));
  }
  const [smallest] = chosen;
  const withTfjs = flags.peers.includes('tfjs') && clock === 'wall';
  const tfjs = withTfjs && smallest ? await compareTfjs(device, smallest, only, onRow) : [];

  const head = ['', 'ours, ms', `${peer?.name ?? 'PyTorch'}, ms`, 'ratio'];
  const tables = [
    { section: 'torch', head, cells: rows.map(cellsOf) },
    { section: 'tfjs', head: ['', 'backend', 'ours, ms', 'TF.js, ms', 'ratio'], cells: tfjs.map(tfjsCells) },
  ].filter(({ cells }) => cells.length > 0);
  console.log(`\nMedians of ${clock} time of runs in turn; ratio = ours / theirs, under 1 is faster.`);
  for (const { head: titles, cells } of tables) console.log(`\n${table(titles, cells)}`);
  const machine = `${machineLine(threads)}. ${device.description}.`;
  if (json !== undefined) {
    const results = [...rows, ...tfjs].map((row) => ({ ...row, clock, machine }));
    await writeFile(json, `${JSON.stringify(results, null, 2)}\n`);
  }
  if (!flags.write) return;
  for (const { section, head: titles, cells } of tables) {
    await writeSection(benchmarksPage, section, `${machine}\n\n${markdownTable(titles, cells)}`);
  }
}

function tfjsCells(row: Row): string[] {
  const [name = '', ours = '', theirs = '', ratio = ''] = cellsOf(row);
  return [name, row.peer ?? '', ours, theirs, ratio];
}

/** That both sides are the same network: the same logits, and the same losses over some SGD steps. */
async function check(device: Device, peer: TorchPeer | undefined, flags: Flags): Promise<void> {
  if (!peer) throw new Error('The check needs PyTorch.');
  for (const network of networks.filter(({ id }) => flags.networks.includes(id))) {
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
    new Option('--networks <ids...>', 'networks')
      .choices(networks.map(({ id }) => id))
      .default(networks.map(({ id }) => id)),
  )
  .addOption(new Option('--only, --tasks <ids...>', 'tasks').choices(taskIds).default(taskIds))
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
      .choices(['wall', 'cpu'])
      .default('wall'),
  )
  .option('--channels-last', 'PyTorch in its channels-last memory format')
  .option('--check', 'compare numbers instead of times: the same weights must give the same results')
  .option('--write', 'write the tables to docs/benchmarks.md')
  .action(bench)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
