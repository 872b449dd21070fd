import { Command, Option, InvalidArgumentError } from 'commander';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isCancelled } from '../../core/cancellation';
import { usualAttacks } from '../../core/attacks/plan/usual-attacks';
import { M2atError } from '../../core/errors';
import { attackJob, attackLikeJob, resumeAttackJob } from '../../core/jobs/attack-job';
import type { AttackResult } from '../../core/attacking/attack-loaded';
import type { RunEvent } from '../../core/records/run-event';
import { either, fileNames } from '../../core/models/formats/name-files';
import { runFile } from '../../core/records/run-paths';
import type { Registry } from '../../core/registry/registry';
import { runDirectory } from '../../core/runs/run-store';
import { corruptionText } from '../../core/report/corruption-text';
import { attackSummary } from '../attack-summary';
import { asJob, type Controlled } from '../as-job';
import { interruptible } from '../interrupt';
import { RunView } from '../run-view';
import { messages, output } from '../terminal';
import {
  attackNames,
  epsilonList,
  isTargetFile,
  parameterSetting,
  readIndices,
  requestedAttacks,
  type AttackParameterFlags,
} from './attack-flags';
import { attackList } from './attack-list';
import {
  addCorruptionFlags,
  corruptionHelp,
  requestedCorruptions,
  type CorruptionFlags,
} from './corruption-flags';
import { assertNothingElse, flagOf, settingsGiven } from './attack-again';
import { addImageFlags, imagesGiven, type ImageFlags } from './image-flags';
import { presetEpsilons, presetLines, presetList } from './preset-flag';
import { addInputFlags, inputGiven, inputHelp, type InputFlags } from './input-flags';
import {
  deviceOption,
  ignoreMemoryOption,
  jsonOption,
  rootOption,
  threadsOption,
  wholeNumber,
  type ComputeFlags,
} from './common';

/** Images of a data set without `-n`. */
const COUNT = 500;

interface AttackFlags
  extends ComputeFlags, Omit<AttackParameterFlags, 'corruptions'>, CorruptionFlags, ImageFlags, InputFlags {
  readonly ensemble?: true;
  readonly curve?: number[];
  readonly n?: number;
  readonly seed?: number;
  readonly indices?: string;
  readonly batchSize?: number;
  readonly eightBit?: true;
  readonly ignoreMemory?: true;
  readonly resume?: string;
  readonly like?: string;
  readonly root: string;
  readonly failUnder?: number;
  readonly json?: true;
}

export function attackCommand(registry: Registry): Command {
  const { attacks, datasets, formats } = registry;
  const chosenNorms = attacks.flatMap((entry) => ('norm' in entry.parameters.shape ? entry.norms : []));
  const norms = [...new Set(chosenNorms)];
  const command = new Command('attack')
    .description(
      'Attack a checkpoint: clean accuracy, robust accuracy under each attack, worst case; accuracy under corruptions.',
    )
    .argument('[checkpoint]', either([...fileNames(formats, 'one'), "a run's checkpoint folder"]))
    .addOption(
      new Option(
        '--attack <names>',
        `attacks, with commas between them (default: ${usualAttacks.final.map(({ name }) => name).join(',')})`,
      ).argParser(attackNames(attacks)),
    )
    .addOption(
      new Option(
        '--preset <names>',
        'sets of attacks that are usual, listed below; those of --attack come after them',
      ).argParser(presetList),
    )
    .addOption(
      new Option('--attack-version <name>', 'version of autoattack').choices(
        attacks.flatMap((entry) => (entry.kind === 'ensemble' ? entry.variants : [])),
      ),
    )
    .addOption(new Option('--norm <norm>', 'what the budget is measured in').choices(norms))
    .option('--eps <number>', 'perturbation budget, such as 8/255')
    .addOption(
      new Option(
        '--curve <list>',
        'measure what has a budget with each of these, too, such as 1/255,2/255,4/255',
      ).argParser(epsilonList),
    )
    .option('--step-size <number>', 'step, such as 2/255')
    .addOption(new Option('--steps <count>', 'steps').argParser(wholeNumber(1)))
    .addOption(new Option('--restarts <count>', 'random restarts').argParser(wholeNumber(1)))
    .option('--targeted', 'push towards a class instead of away from the label: the next one, or --target')
    .option(
      '--target <class>',
      'next, second, least-likely, random, label+K, a class, or a .npy with one class an image',
    )
    .addOption(
      new Option('--set <key=value>', 'any other parameter, such as queries=1000; may be repeated').argParser(
        parameterSetting,
      ),
    )
    .option('--ensemble', 'each attack leaves out the images that those before it have broken')
    .addOption(
      new Option(
        '-n, --n <count>',
        'images, the first ones (default: 500 of a data set, all of --images)',
      ).argParser(wholeNumber(1)),
    )
    .addOption(
      new Option('--seed <number>', 'draws the -n images at random, and keys the random starts').argParser(
        wholeNumber(0),
      ),
    )
    .option('--indices <file>', 'attack the images that this JSON list names')
    .option('--eight-bit', 'put the examples on the 8-bit grid, inside the ball, and count those')
    .addOption(new Option('--batch-size <count>', 'images at once (default: 64)').argParser(wholeNumber(1)))
    .option(
      '--like <run>',
      'do what this attack did, on the same images; --set attacks.0.epsilon=4/255 changes it',
    )
    .option('--resume <id>', 'continue this stopped attack')
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(ignoreMemoryOption())
    .addOption(rootOption())
    .addOption(
      new Option('--fail-under <share>', 'exit code 3 when robust accuracy is below').argParser(share),
    )
    .addOption(jsonOption());
  return addInputFlags(addCorruptionFlags(addImageFlags(command, datasets)))
    .addHelpText(
      'after',
      `
Attacks, with their norms and what they look at (min: the smallest perturbation, whatever its size;
those need no --eps):
${attackList(attacks)}

Presets, with what they consist of:
${presetLines()}

${corruptionHelp}

${inputHelp}

With --json the report is printed as one JSON object.
Ctrl-C stops within a batch and keeps what was done (exit code 130); --resume continues from it.`,
    )
    .action((checkpoint: string | undefined, flags: AttackFlags) => attack(checkpoint, flags, registry));
}

async function attack(checkpoint: string | undefined, flags: AttackFlags, registry: Registry): Promise<void> {
  const view = new RunView();
  const announce = (text: string): void => {
    view.print(text);
  };
  const interrupted = interruptible(announce);
  let { signal } = new AbortController();
  let run: string | undefined;
  const show = (id: string, event: RunEvent): void => {
    run = id;
    if (!flags.json || event.type === 'log') view.onEvent(id, event);
  };
  try {
    const title = `attack on ${checkpoint ?? flags.resume ?? ''}`;
    const { root, device } = flags;
    const result = await asJob({ title, root, device }, interrupted, announce, (controlled) => {
      ({ signal } = controlled);
      const onEvent: typeof controlled.onEvent = (id, event, isWritten) => {
        controlled.onEvent(id, event, isWritten);
        show(id, event);
      };
      return carryOut(checkpoint, flags, { registry, root: flags.root, ...controlled, onEvent });
    });
    const { record, report, corruptions } = result;
    view.end();
    if (flags.json) output.json(corruptions ? { ...report, corruptions } : report);
    else {
      const folder = runDirectory(flags.root, record.id);
      const page = path.join(folder, runFile.reportPage);
      // Without the dashboard's bundle there is none, as the log says.
      const shown = path.relative('.', existsSync(page) ? page : path.join(folder, runFile.report));
      const next = record.status === 'stopped' ? continueWith(record.id) : '';
      const corrupted = corruptions ? `\n${corruptionText(corruptions)}\n` : '';
      output.write(`${attackSummary(report, registry.attacks)}${corrupted}\nReport: ${shown}\n${next}`);
    }
    if (signal.aborted) process.exitCode = 130;
    else if (flags.failUnder !== undefined && report.robustAccuracy < flags.failUnder) process.exitCode = 3;
  } catch (error) {
    view.end();
    // Stopped before there was anything to report: what was done is kept all the same.
    if (
      isCancelled(error) &&
      run !== undefined &&
      existsSync(path.join(runDirectory(flags.root, run), runFile.attack))
    )
      messages.write(continueWith(run));
    throw error;
  } finally {
    view.end();
  }
}

function continueWith(id: string): string {
  return `Continue with: m2at attack --resume ${id}\n`;
}

async function carryOut(
  checkpoint: string | undefined,
  flags: AttackFlags,
  common: Controlled & { readonly root: string; readonly registry: Registry },
): Promise<AttackResult> {
  const { resume, like, device, threads, ignoreMemory } = flags;
  if ([checkpoint, resume, like].filter((given) => given !== undefined).length !== 1) {
    throw new M2atError('bad-input', 'name either a checkpoint, --like <run> or --resume <id>', {
      where: 'm2at attack',
      hint: 'For example: m2at attack model.json --attack autoattack --eps 8/255',
    });
  }
  if (checkpoint === undefined) {
    assertNothingElse(flags);
    if (like === undefined)
      return resumeAttackJob({ ...common, id: resume ?? '', device, threads, ignoreMemory });
    return attackLikeJob({ ...common, like, set: settingsGiven(flags), ignoreMemory });
  }
  const corruptions = requestedCorruptions(flags);
  const attacks = requestedAttacks(common.registry.attacks, flags);
  if (attacks.length === 0) assertNothingOfAttacks(flags);
  const input = inputGiven(flags);
  const images = await imagesGiven(common.registry.datasets, flags);
  const indices = flags.indices === undefined ? undefined : await readIndices(flags.indices);
  return attackJob({
    ...common,
    ignoreMemory,
    checkpoint,
    input,
    saveInput: flags.saveInput,
    probe: flags.probe,
    attacks,
    corruptions,
    ensemble: flags.ensemble,
    epsilons: flags.curve ?? presetEpsilons(flags.preset),
    ...images,
    indices,
    count: flags.n ?? (flags.images !== undefined || indices ? undefined : COUNT),
    targets: isTargetFile(flags.target) ? flags.target : undefined,
    shuffle: flags.seed !== undefined,
    seed: flags.seed ?? 0,
    batchSize: flags.batchSize,
    eightBit: flags.eightBit,
    device: device ?? 'auto',
    threads: threads ?? 0,
  });
}

/** What is about attacks alone. */
const OF_ATTACKS = ['ensemble', 'curve', 'eightBit', 'failUnder'] as const;

function assertNothingOfAttacks(flags: AttackFlags): void {
  const given = OF_ATTACKS.find((key) => flags[key] !== undefined);
  if (given === undefined) return;
  throw new M2atError('bad-input', `${flagOf(given)} is about attacks, and none is asked for`, {
    where: 'm2at attack --corruptions',
    hint: 'Beside --corruptions attacks have to be named, such as --attack pgd.',
  });
}

function share(text: string): number {
  // An unset variable of a script must not become a threshold of 0.
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return value;
}
