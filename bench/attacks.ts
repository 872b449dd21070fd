import { Command, Option } from 'commander';
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { wholeNumber } from '../src/cli/commands/common';
import { table } from '../src/core/report/text-table';
import { usualEpsilon } from '../src/core/attacks/budget/usual-epsilon';
import { fetchCifar10 } from '../src/core/data/sets/cifar10/fetch';
import { loadDataset } from '../src/core/data/load-dataset';
import { datasets } from '../src/core/data/sets';
import { openDevice } from '../src/core/engine/devices/devices';
import { attackedNetworks } from './attacks/attack-networks';
import { AttackPeer } from './attacks/attack-peer';
import { attackRow, attackRowCells, attackRowHead, type AttackRow } from './attacks/attack-row';
import type { AttackRun } from './attacks/attack-task';
import { alternateAttacks, ComparedNetwork } from './attacks/compare-attacks';
import { machineLine } from './machine';
import { markdownTable } from './markdown';
import { writeSection } from './report';
import { benchmarksPage } from './root';

interface Flags {
  readonly autoAttack?: string;
  readonly networks: string[];
  readonly attacks: ('pgd-20' | 'autoattack')[];
  readonly members?: string[];
  readonly norm: 'linf' | 'l2' | 'l1';
  readonly attackVersion: 'standard' | 'rand';
  readonly noise: number;
  readonly queries: number;
  readonly count?: number;
  readonly repetitions?: number;
  readonly seed: number;
  readonly threads: number;
  readonly batch: number;
  readonly peerBatch: number;
  readonly side: 'both' | 'ours' | 'peer';
  readonly json?: string;
  readonly write?: boolean;
}

/** PGD-20 takes seconds, of which compiling is too large a part on a few images. */
const PGD = { count: 1000, repetitions: 3 };

const WITHOUT = `AutoAttack is compared with its authors' own code, which is not part of this project. Clone
https://github.com/fra31/auto-attack and name the folder: --auto-attack FOLDER, or AUTO_ATTACK in the environment.`;

async function bench(flags: Flags): Promise<void> {
  const { threads, attacks } = flags;
  const folder = flags.autoAttack ?? process.env.AUTO_ATTACK;
  const peer = flags.side === 'ours' ? undefined : await AttackPeer.start(threads, folder);
  if (!peer && flags.side !== 'ours')
    console.log(
      'Without PyTorch: ours alone. (Debian: python3-torch; or name a Python that has it in PYTHON.)',
    );
  if (peer && !peer.hasAutoAttack && attacks.includes('autoattack')) console.log(WITHOUT);
  if (
    flags.write &&
    !(
      peer?.hasAutoAttack === true &&
      flags.members === undefined &&
      flags.norm === 'linf' &&
      flags.attackVersion === 'standard' &&
      flags.noise === 0 &&
      flags.queries === 5000
    )
  )
    throw new Error('--write needs PyTorch and auto-attack, and replaces the whole table.');
  const device = await openDevice('onnx-cpu', { threads });
  try {
    console.log(`${machineLine(threads)}\n${device.description}`);
    await fetchCifar10({});
    const rows: AttackRow[] = [];
    for (const network of attackedNetworks.filter(({ id }) => flags.networks.includes(id))) {
      for (const attack of attacks) {
        const testCount = flags.count ?? (attack === 'pgd-20' ? PGD.count : network.count);
        const { test } = await loadDataset(datasets, { name: 'cifar10', trainCount: 1, testCount });
        const compared = await ComparedNetwork.open(device, peer, network, test);
        rows.push(...(await compare(compared, attack, flags)));
        compared.ours.dispose();
      }
    }
    const head = attackRowHead(peer?.name ?? 'PyTorch');
    const cells = rows.map(attackRowCells);
    console.log(`\n${table(head, cells)}`);
    const machine = `${machineLine(threads)}. ${device.description}.`;
    if (flags.json !== undefined) {
      await writeFile(flags.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
    }
    const runs = flags.repetitions ?? `${PGD.repetitions} runs in turn (PGD-20) and of 1 (AutoAttack)`;
    const setting = `The first test images of CIFAR-10; seconds are medians of ${runs}.`;
    if (flags.write)
      await writeSection(benchmarksPage, 'attacks', `${machine} ${setting}\n\n${markdownTable(head, cells)}`);
  } finally {
    peer?.stop();
    await device.dispose();
  }
}

async function compare(
  { network, ours, peer }: ComparedNetwork,
  attack: Flags['attacks'][number],
  flags: Flags,
): Promise<AttackRow[]> {
  const { norm, attackVersion: version, noise, members = null } = flags;
  const epsilon = usualEpsilon[norm];
  const repetitions = flags.repetitions ?? (attack === 'pgd-20' ? PGD.repetitions : 1);
  const seeds = Array.from({ length: repetitions }, (_, n) => flags.seed + n);
  const onRun = (side: string, seed: number, { seconds, robust, members: parts }: AttackRun): void => {
    const standing = robust.filter((one) => one === 1).length;
    const detail = parts.map((part) => `${part.name} ${part.robust} (${part.seconds.toFixed(1)} s)`);
    console.log(
      `${network.title}, ${attack} ${norm}, ${side}, seed ${seed}: ${standing} of ${robust.length} robust, ` +
        `${seconds.toFixed(1)} s${detail.length > 0 ? `: ${detail.join(', ')}` : ''}`,
    );
  };
  const both = flags.side === 'peer' ? undefined : ours;
  if (attack === 'autoattack') {
    const task = { norm, epsilon, version, noise, members, queries: flags.queries };
    const theirs = peer?.hasAutoAttack === true ? peer : undefined;
    const runs = await alternateAttacks(
      seeds,
      both && ((seed) => both.autoAttack({ ...task, seed, batch: flags.batch })),
      theirs && ((seed) => theirs.autoAttack({ ...task, seed, batch: flags.peerBatch })),
      onRun,
    );
    const parts = (runs.ours[0] ?? runs.peer[0])?.members ?? [];
    return [
      attackRow(`AutoAttack ${norm}, ${network.title}`, runs),
      ...parts.map((part, n) => attackRow(`– ${part.name}`, runs, n)),
    ];
  }
  const task = { epsilon: usualEpsilon.linf, step: 2 / 255, steps: 20, start: 'clean' } as const;
  const runs = await alternateAttacks(
    seeds,
    both && ((seed) => both.pgd({ ...task, seed, batch: flags.batch })),
    peer && ((seed) => peer.pgd({ ...task, seed, batch: flags.peerBatch })),
    onRun,
  );
  return [attackRow(`PGD-20, ${network.title}`, runs)];
}

const count = (flags: string, text: string, value: number): Option =>
  new Option(flags, text).argParser(wholeNumber(1)).default(value);

new Command('bench:attacks')
  .description(
    'AutoAttack and PGD-20 on the same ONNX files and images: ours and the reference on PyTorch in turn.',
  )
  .option('--auto-attack <folder>', "the authors' repository; default: AUTO_ATTACK in the environment")
  .addOption(
    new Option('--networks <ids...>', 'networks')
      .choices(attackedNetworks.map(({ id }) => id))
      .default(attackedNetworks.map(({ id }) => id)),
  )
  .addOption(
    new Option('--attacks <names...>', 'attacks')
      .choices(['pgd-20', 'autoattack'])
      .default(['pgd-20', 'autoattack']),
  )
  .option('--members <names...>', 'only these of the ensemble, such as apgd-ce square')
  .addOption(new Option('--norm <norm>', "AutoAttack's").choices(['linf', 'l2', 'l1']).default('linf'))
  .addOption(
    new Option('--attack-version <name>', "AutoAttack's").choices(['standard', 'rand']).default('standard'),
  )
  .addOption(
    new Option('--noise <deviation>', 'of normal noise that AutoAttack finds on the images of every pass')
      .argParser(Number)
      .default(0),
  )
  .addOption(count('--queries <count>', "Square's", 5000))
  .addOption(
    new Option('-n, --count <count>', 'test images of CIFAR-10; default: 256 or 128, PGD-20 1000').argParser(
      wholeNumber(1),
    ),
  )
  .addOption(
    new Option(
      '--repetitions <count>',
      'runs of each side, each pair with the next seed; default: 1, PGD-20 3',
    ).argParser(wholeNumber(1)),
  )
  .addOption(count('--seed <number>', 'of the first run', 1))
  .addOption(count('--threads <count>', 'threads of each side', os.availableParallelism()))
  .addOption(count('--batch <count>', 'our batch size', 64))
  .addOption(count('--peer-batch <count>', "the reference's batch size", 250))
  .addOption(new Option('--side <side>', 'which to run').choices(['both', 'ours', 'peer']).default('both'))
  .option('--json <file>', 'write the rows as JSON')
  .option('--write', 'write the table to docs/benchmarks.md')
  .action(bench)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
