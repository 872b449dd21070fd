import { Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { wholeNumber } from '../src/cli/commands/common';
import { table } from '../src/core/report/text-table';
import { alternate, median } from './alternate';
import { machineLine } from './machine';
import { markdownTable } from './markdown';
import { pytorch } from './networks';
import { writeSection } from './report';
import { benchmarksPage } from './root';
import { OurProcess, type Compilation } from './scaling/our-process';
import { torchPeer } from './torch-peer';

interface Flags {
  readonly batches: number[];
  readonly widths: number[];
  readonly widthBatch: number;
  readonly repetitions: number;
  readonly threads: number;
  readonly json?: string;
  readonly compilation: boolean;
  readonly write?: boolean;
}

/** One size of WRN-10-width: milliseconds of an M2AT step per image, and peak memory of the process in bytes. */
interface Point {
  readonly width: number;
  readonly batch: number;
  readonly ours_ms: number;
  readonly ours_rss: number;
  readonly peer_ms: number | null;
  readonly peer_rss: number | null;
}

async function scaling(flags: Flags): Promise<void> {
  const { batches, widths, widthBatch, threads } = flags;
  console.log(machineLine(threads));
  const measure = async (width: number, batch: number): Promise<Point> => {
    const point = await measurePoint(width, batch, flags);
    console.log(cells(point).join('  '));
    return point;
  };
  const byBatch: Point[] = [];
  for (const batch of batches) byBatch.push(await measure(1, batch));
  const byWidth: Point[] = [];
  for (const width of widths) byWidth.push(await measure(width, widthBatch));
  const compilations = flags.compilation ? await compileLargest(threads) : [];

  const sections = [
    { title: 'WRN-10-1 by batch size', head, rows: byBatch.map(cells) },
    { title: `WRN-10 by width, batch ${widthBatch}`, head, rows: byWidth.map(cells) },
    {
      title: 'Compilation of the programs of an M2AT step on WRN-28-10',
      head: ['program', 'trace, ms', 'encode, ms', 'build, ms', 'together, ms'],
      rows: compilations.map(compilationCells),
    },
  ].filter(({ rows }) => rows.length > 0);
  for (const { title, head: titles, rows } of sections) console.log(`\n${title}\n\n${table(titles, rows)}`);
  if (flags.json !== undefined) {
    const results = { points: [...byBatch, ...byWidth], compilations };
    await writeFile(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  }
  if (flags.write) {
    const text = sections.map(
      ({ title, head: titles, rows }) => `### ${title}\n\n${markdownTable(titles, rows)}`,
    );
    await writeSection(benchmarksPage, 'scaling', [`${machineLine(threads)}.`, ...text].join('\n\n'));
  }
}

/** Each side in a process of its own, for its memory; in turn, for its time. */
async function measurePoint(
  width: number,
  batch: number,
  { repetitions, threads }: Pick<Flags, 'repetitions' | 'threads'>,
): Promise<Point> {
  const network = { name: 'wide-resnet', depth: 10, width, ...pytorch } as const;
  const ours = await OurProcess.start({ network, batch, threads });
  const peer = await torchPeer(threads);
  try {
    await peer?.build({ network, batch });
    const [our = [], their = []] = await alternate(
      repetitions,
      [ours, ...(peer ? [peer] : [])].map((side) => () => side.time('m2at-step')),
    );
    return {
      width,
      batch,
      ours_ms: median(our) / batch,
      ours_rss: await ours.peakMemory(),
      peer_ms: peer ? median(their) / batch : null,
      peer_rss: (await peer?.peakMemory()) ?? null,
    };
  } finally {
    ours.stop();
    peer?.stop();
  }
}

async function compileLargest(threads: number): Promise<Compilation[]> {
  const network = { name: 'wide-resnet', depth: 28, width: 10 } as const;
  const ours = await OurProcess.start({ network, batch: 2, threads });
  try {
    await ours.time('m2at-step');
    return await ours.compilations();
  } finally {
    ours.stop();
  }
}

const head = [
  'network, batch',
  'ours, ms an image',
  'PyTorch, ms an image',
  'ratio',
  'ours, peak MiB',
  'PyTorch, peak MiB',
  'ratio',
];

function cells({ width, batch, ours_ms, ours_rss, peer_ms, peer_rss }: Point): string[] {
  const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0);
  const ratio = (a: number, b: number | null): string => (b === null ? '' : (a / b).toFixed(2));
  return [
    `WRN-10-${width}, ${batch}`,
    ours_ms.toFixed(2),
    peer_ms?.toFixed(2) ?? '',
    ratio(ours_ms, peer_ms),
    mebibytes(ours_rss),
    peer_rss === null ? '' : mebibytes(peer_rss),
    ratio(ours_rss, peer_rss),
  ];
}

function compilationCells({ program, trace, encode, build }: Compilation): string[] {
  return [program, ...[trace, encode, build, trace + encode + build].map((ms) => ms.toFixed(0))];
}

const numbers = (text: string): number[] => text.split(',').map(wholeNumber(1));

new Command('bench:scaling')
  .description(
    'M2AT steps over batch sizes and widths, ours and PyTorch: time an image, peak memory, compilation.',
  )
  .addOption(
    new Option('--batches <sizes>', 'batch sizes, for WRN-10-1')
      .argParser(numbers)
      .default([16, 32, 64, 128, 256, 512]),
  )
  .addOption(
    new Option('--widths <factors>', 'widths, for WRN-10').argParser(numbers).default([1, 2, 4, 6, 8, 10]),
  )
  .addOption(
    new Option('--width-batch <size>', 'batch size for the widths').argParser(wholeNumber(1)).default(16),
  )
  .addOption(new Option('--repetitions <count>', 'counted runs of each').argParser(wholeNumber(1)).default(3))
  .addOption(
    new Option('--threads <count>', 'threads of each side')
      .argParser(wholeNumber(1))
      .default(os.availableParallelism()),
  )
  .option('--json <file>', 'write all numbers')
  .option('--no-compilation', 'leave out the compilation of WRN-28-10')
  .option('--write', 'write the tables to docs/benchmarks.md')
  .action(scaling)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
