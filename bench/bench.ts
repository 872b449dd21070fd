import { Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openDevice } from '../src/core/engine/devices';
import type { ModelParameters } from '../src/core/models/model-schema';
import { wholeNumber } from '../src/cli/commands/common';
import { table } from '../src/cli/table';
import { alternate, median } from './alternate';
import { OurSide } from './our-side';
import { TorchPeer, type TorchTask } from './torch-peer';

interface Row {
  readonly name: string;
  readonly ours_ms: number;
  readonly peer: string | null;
  readonly peer_ms: number | null;
  /** ours / peer: under 1 is faster. */
  readonly ratio: number | null;
}

interface Flags {
  readonly json?: string;
  readonly repetitions: number;
  readonly threads: number;
}

const networks: readonly {
  readonly name: string;
  readonly batch: number;
  readonly model: ModelParameters;
}[] = [
  {
    name: 'small CNN 16-32-48-96, batch 128',
    batch: 128,
    model: { name: 'small-cnn', widths: [16, 32, 48, 96], hidden: 64 },
  },
  {
    name: 'PreAct-ResNet-18 shape, width 16, batch 64',
    batch: 64,
    model: { name: 'preact-resnet', blocks: [2, 2, 2, 2], width: 16 },
  },
];

const tasks: readonly { readonly task: TorchTask; readonly title: string }[] = [
  { task: 'm2at-step', title: 'M2AT step (PGD-10)' },
  { task: 'pgd-20', title: 'PGD-20 attack' },
];

async function bench({ json, repetitions, threads }: Flags): Promise<void> {
  const cores = os.cpus();
  console.log(
    `${cores.length} x ${cores[0]?.model ?? 'CPU'}, ${threads} threads, ${os.type()} ${os.arch()}, Node ${process.version}`,
  );
  const device = await openDevice('onnx-cpu', { threads });
  console.log(device.description);
  // The bundle runs from out/, the script lies in bench/.
  const started = await TorchPeer.start(path.join(__dirname, '..', 'bench', 'torch_peer.py'), threads);
  const peer = typeof started === 'string' ? undefined : started;
  if (typeof started === 'string') console.log(`Without PyTorch: ${started}.`);
  const peerName = peer ? `PyTorch ${peer.version}` : null;

  const rows: Row[] = [];
  for (const { name, batch, model } of networks) {
    const ours = new OurSide(device, model, batch);
    const parameters = await peer?.build({ network: model.name, batch, ...model });
    if (parameters !== undefined && parameters !== ours.parameters) {
      throw new Error(`${name}: our network has ${ours.parameters} parameters, PyTorch's has ${parameters}`);
    }
    for (const { task, title } of tasks) {
      const timings = await alternate(repetitions, () => ours.time(task), peer && (() => peer.time(task)));
      const ours_ms = median(timings.ours);
      const peer_ms = peer ? median(timings.peer) : null;
      const ratio = peer_ms === null ? null : ours_ms / peer_ms;
      rows.push({ name: `${title}, ${name}`, ours_ms, peer: peerName, peer_ms, ratio });
      console.log(
        `${title}, ${name}: ${ours_ms.toFixed(0)} ms${peer_ms === null ? '' : `, PyTorch ${peer_ms.toFixed(0)} ms`}`,
      );
    }
    await ours.dispose();
  }
  peer?.stop();
  await device.dispose();

  const cell = (value: number | null, digits: number): string => value?.toFixed(digits) ?? '';
  const cells = rows.map((row) => [row.name, cell(row.ours_ms, 0), cell(row.peer_ms, 0), cell(row.ratio, 2)]);
  console.log(`\nMedians of ${repetitions} runs in turn; ratio = ours / PyTorch, under 1 is faster.\n`);
  console.log(table(['', 'ours, ms', `${peerName ?? 'PyTorch'}, ms`, 'ratio'], cells));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
}

new Command('bench')
  .description("Times an M2AT step and a PGD-20 attack, ours and PyTorch's in turn.")
  .option('--json <file>', 'write [{name, ours_ms, peer, peer_ms, ratio}]')
  .addOption(new Option('--repetitions <count>', 'counted runs of each').argParser(wholeNumber(1)).default(7))
  .addOption(
    new Option('--threads <count>', 'threads of each side')
      .argParser(wholeNumber(1))
      .default(os.availableParallelism()),
  )
  .action(bench)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
