import { Command, Option } from 'commander';
import { M2atError } from '../../core/errors';
import { evaluateExamples, type SavedArrays } from '../../core/jobs/evaluate-examples';
import { either, fileNames } from '../../core/models/formats/name-files';
import { printable } from '../../core/printable';
import type { Registry } from '../../core/registry/registry';
import { runAddress } from '../../core/runs/run-address';
import { readerGone } from '../interrupt';
import { RunView } from '../run-view';
import { transferSummary } from '../transfer-summary';
import { output } from '../terminal';
import { addInputKeys, inputGiven, inputHelp, type InputFlags } from './input-flags';
import {
  deviceOption,
  jsonOption,
  rootOption,
  threadsOption,
  wholeNumber,
  type ComputeFlags,
} from './common';

interface EvaluateFlags extends ComputeFlags, Omit<InputFlags, 'saveInput' | 'probe'> {
  readonly from?: string[];
  readonly images?: string;
  readonly labels?: string;
  readonly cleanImages?: string;
  readonly dataFolder?: string;
  readonly batchSize?: number;
  readonly root: string;
  readonly json?: true;
}

export function evaluateCommand(registry: Registry): Command {
  const command = new Command('evaluate')
    .description(
      'Show saved adversarial examples to other networks, without attacking those: what transfers.',
    )
    .argument(
      '<checkpoint...>',
      either([...fileNames(registry.formats, 'several'), "runs' checkpoint folders"]),
    )
    .option('--from <run...>', 'the examples of these attack runs: ids, or directories of runs')
    .option('--images <x.npy>', 'examples from an array: uint8, or float in [0, 1]; NHWC or NCHW')
    .option('--labels <y.npy>', 'their true class indices')
    .option('--clean-images <x.npy>', 'the same images without the perturbation, in the same order')
    .option('--data-folder <folder>', 'where the files of the data set are (default: where the run had them)')
    .addOption(new Option('--batch-size <count>', 'images at once (default: 64)').argParser(wholeNumber(1)))
    .addOption(deviceOption())
    .addOption(threadsOption())
    .addOption(rootOption())
    .addOption(jsonOption());
  return addInputKeys(command)
    .addHelpText(
      'after',
      `
Name the checkpoints first, then --from: m2at evaluate a.onnx b.onnx --from RUN

${inputHelp} Here the flags are about every checkpoint that is named. A network that a run attacked takes its
input as that run says.

With --json the table is printed as one JSON object. That of a run is also kept in its directory.`,
    )
    .action((checkpoints: string[], flags: EvaluateFlags) => evaluate(checkpoints, flags, registry));
}

async function evaluate(checkpoints: string[], flags: EvaluateFlags, registry: Registry): Promise<void> {
  const { root, from = [], dataFolder, batchSize, device, threads, json } = flags;
  const arrays = arraysOf(flags);
  if (from.length === 0 && !arrays) {
    throw new M2atError('bad-input', 'name the examples: --from RUN, or --images with --labels', {
      where: 'm2at evaluate',
      hint: 'For example: m2at evaluate other.onnx --from 2026-11-22-181530-attack-fast-3f2a',
    });
  }
  const runs = [...new Set(from)].map((text) => runAddress(text, root));
  const view = new RunView();
  const { signal } = readerGone();
  try {
    const table = await evaluateExamples({
      registry,
      checkpoints: [...new Set(checkpoints)],
      runs,
      arrays,
      input: inputGiven(flags),
      dataFolder,
      batchSize,
      device: device ?? 'auto',
      threads: threads ?? 0,
      signal,
      onProgress: (progress) => {
        view.onEvent('', { type: 'progress', progress });
      },
      onLog: (text) => {
        view.print(printable(text));
      },
    });
    view.end();
    if (json) output.json(table);
    else output.write(transferSummary(table));
  } finally {
    view.end();
  }
}

function arraysOf({ images, labels, cleanImages }: EvaluateFlags): SavedArrays | undefined {
  if (images === undefined && labels === undefined && cleanImages === undefined) return undefined;
  if (images !== undefined && labels !== undefined) return { images, labels, clean: cleanImages };
  const what =
    images === undefined && labels === undefined
      ? '--clean-images belongs to --images and --labels'
      : '--images and --labels belong together';
  throw new M2atError('bad-input', what, { where: 'm2at evaluate' });
}
