import { Command, Option } from 'commander';
import os from 'node:os';
import { wholeNumber } from '../src/cli/commands/common';
import { table } from '../src/core/report/text-table';
import { openDevice } from '../src/core/engine/devices/devices';
import { machineLine, nominalGflops } from './machine';
import { networks, type BenchNetwork } from './networks';
import { OurSide } from './our-side';
import { measurePeak } from './peak';
import { ProfiledSessions } from './profile/profiled-sessions';
import { summarize, type Share, type StepProfile } from './profile/summarize';
import { markdownTable } from './markdown';
import { writeSection } from './report';
import { benchmarksPage } from './root';
import { taskIds, tasks, type BenchTask } from './tasks';
import { torchPeer } from './torch-peer';

const WARM_UPS = 2;

interface Flags {
  readonly networks: string[];
  readonly task: BenchTask;
  readonly repetitions: number;
  readonly threads: number;
  readonly groups: number;
  readonly flopsPerCycle: number;
  readonly megahertz?: number;
  readonly write?: boolean;
}

async function profile(flags: Flags): Promise<void> {
  const { threads, task } = flags;
  if (flags.write && flags.networks.length < networks.length)
    throw new Error('--write replaces all tables: leave --networks out.');
  const lines = [`${machineLine(threads)}.`, await peakLine(flags)];
  console.log(lines.join('\n'));

  const sections: string[] = [];
  for (const network of networks.filter(({ id }) => flags.networks.includes(id))) {
    const result = await profileNetwork(network, flags);
    const title = `${tasks.find(({ id }) => id === task)?.title ?? task}, ${network.title}, batch ${network.batch}`;
    console.log(`\n${title}: ${describe(result)}\n`);
    console.log(
      table(
        head('role'),
        result.roles.map((share) => cells(share, result)),
      ),
    );
    console.log(
      `\n${table(
        head('operator'),
        result.ops.map((share) => cells(share, result)),
      )}`,
    );
    console.log(
      `\n${table(
        head('heaviest nodes by role, operator and first two inputs'),
        result.groups.slice(0, flags.groups).map((share) => cells(share, result)),
      )}`,
    );
    const rows = (shares: readonly Share[]): string[][] =>
      shares.filter(({ ms }) => ms >= 0.005 * result.stepMs).map((share) => cells(share, result));
    sections.push(
      `### ${title}`,
      `${describe(result)} Rows under half a percent are left out.`,
      markdownTable(head('role'), rows(result.roles)),
      markdownTable(head('operator'), rows(result.ops)),
    );
  }
  if (flags.write) {
    await writeSection(benchmarksPage, 'profile', [lines.join('\n'), ...sections].join('\n\n'));
  }
}

interface NetworkProfile extends StepProfile {
  /** Floating-point operations of the task's convolutions and dense layers in direct form, without padding. */
  readonly direct: number;
}

function passesOf(task: BenchTask): number {
  return tasks.find(({ id }) => id === task)?.passes ?? NaN;
}

async function profileNetwork(
  { model, batch }: BenchNetwork,
  { threads, task, repetitions }: Flags,
): Promise<NetworkProfile> {
  const device = await openDevice('onnx-cpu', { threads });
  const sessions = await ProfiledSessions.open();
  try {
    const ours = new OurSide(device, model, batch);
    for (let i = 0; i < WARM_UPS; i++) await ours.time(task);
    sessions.skip();
    const times: number[] = [];
    for (let i = 0; i < repetitions; i++) times.push(await ours.time(task));
    const profile = summarize(await sessions.read(), times);
    const direct = ours.forwardFlops * passesOf(task);
    await ours.dispose();
    return { ...profile, direct };
  } finally {
    await device.dispose();
    await sessions.dispose();
  }
}

/** What the machine reaches at best: the scale for the GFLOP/s in the tables. */
async function peakLine({ threads, flopsPerCycle, megahertz }: Flags): Promise<string> {
  const { product, convolution } = await measurePeak(threads);
  const torch = await torchPeer(threads);
  const torchPeak = await torch?.peak();
  torch?.stop();
  const nominal = nominalGflops(threads, flopsPerCycle, megahertz);
  const parts = [
    `ONNX Runtime's matrix product of side 1024 reaches ${product.toFixed(0)} GFLOP/s`,
    `its 3x3 convolution of 128 channels ${convolution.toFixed(0)}`,
  ];
  if (torch && torchPeak !== undefined) parts.push(`${torch.name}'s ${torchPeak.toFixed(0)}`);
  if (nominal !== undefined) {
    parts.push(
      `nominal are ${nominal.toFixed(0)} (${flopsPerCycle} operations a cycle and core, at the nominal clock)`,
    );
  }
  return `Peak: ${parts.join('; ')}.`;
}

function head(first: string): string[] {
  return [first, 'ms a step', 'share', 'runs a step', 'GFLOP/s'];
}

function cells({ key, ms, count, flops }: Share, { stepMs }: StepProfile): string[] {
  return [
    key,
    ms.toFixed(1),
    `${((100 * ms) / stepMs).toFixed(1)} %`,
    count ? count.toFixed(0) : '',
    flops ? (flops / (ms * 1e6)).toFixed(0) : '',
  ];
}

function describe({ stepMs, runsMs, ops, direct }: NetworkProfile): string {
  const flops = ops.reduce((sum, share) => sum + share.flops, 0);
  return (
    `${stepMs.toFixed(0)} ms a step with the profiler on, ${runsMs.toFixed(0)} ms of it in ONNX Runtime; ` +
    `${(flops / 1e9).toFixed(1)} GFLOP in convolutions and matrix products, ` +
    `${(direct / 1e9).toFixed(1)} in direct form without padding: ` +
    `${(direct / (stepMs * 1e6)).toFixed(0)} GFLOP/s over the whole step.`
  );
}

new Command('bench:profile')
  .description('Where a step spends its time: by role, by operator, and GFLOP/s of its convolutions.')
  .addOption(
    new Option('--networks <ids...>', 'networks')
      .choices(networks.map(({ id }) => id))
      .default(networks.map(({ id }) => id)),
  )
  .addOption(new Option('--task <id>', 'what to profile').choices(taskIds).default('m2at-step'))
  .addOption(new Option('--repetitions <count>', 'counted steps').argParser(wholeNumber(1)).default(5))
  .addOption(
    new Option('--threads <count>', 'threads').argParser(wholeNumber(1)).default(os.availableParallelism()),
  )
  .addOption(
    new Option('--groups <count>', 'rows in the table of nodes').argParser(wholeNumber(0)).default(25),
  )
  .addOption(
    new Option(
      '--flops-per-cycle <count>',
      "a core's float operations a cycle, for the nominal peak: 32 for AVX2, 64 for AVX-512 with two units",
    )
      .argParser(wholeNumber(1))
      .default(32),
  )
  .addOption(
    new Option('--megahertz <clock>', 'clock for the nominal peak, where the system reports none').argParser(
      wholeNumber(1),
    ),
  )
  .option('--write', 'write the tables to docs/benchmarks.md')
  .action(profile)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
