import { InvalidArgumentError, Option, type Command } from 'commander';
import { M2atError } from '../../core/errors';
import { inputSpecFile, type InputSpecFile } from '../../core/models/input/input-spec-schema';
import { numbersOf } from '../../core/models/number-list';

/** What the command line says of a network's input and output: what a sidecar may say. */
export interface InputFlags {
  readonly range?: number[];
  readonly mean?: number[];
  readonly std?: number[];
  readonly layout?: 'NHWC' | 'NCHW';
  readonly channelOrder?: 'RGB' | 'BGR';
  readonly outputName?: string;
  readonly outputs?: 'logits' | 'probabilities';
  readonly saveInput?: true;
  /** False with `--no-probe`. */
  readonly probe: boolean;
}

const keys = ['range', 'mean', 'std', 'layout', 'channelOrder', 'outputName', 'outputs'] as const;

/** The flags that say something of the input, with what is done about it. */
export function addInputFlags(command: Command): Command {
  return addInputKeys(command)
    .option('--save-input', "keep these flags in the model's sidecar, net.m2at-model.json beside net.onnx")
    .option('--no-probe', 'do not try other conventions where nothing declares the input');
}

/** The flags that say something of the input. */
export function addInputKeys(command: Command): Command {
  const { layout, channelOrder, outputs } = inputSpecFile.shape;
  return command
    .addOption(
      new Option(
        '--range <least,most>',
        'what black and white are to the network, such as 0,255 or -1,1',
      ).argParser(listFor('range')),
    )
    .addOption(
      new Option('--mean <numbers>', 'subtracted after the range; one, or one a channel').argParser(
        listFor('mean'),
      ),
    )
    .addOption(new Option('--std <numbers>', 'divides after the mean').argParser(listFor('std')))
    .addOption(
      new Option('--layout <order>', "order of the network's input").choices(layout.unwrap().options),
    )
    .addOption(new Option('--channel-order <order>', 'of colours').choices(channelOrder.unwrap().options))
    .option('--output-name <name>', 'of several outputs, the one with the class scores')
    .addOption(new Option('--outputs <kind>', 'what it returns').choices(outputs.unwrap().options));
}

/** For `--help`. */
export const inputHelp = `What the network takes as input is found in its sidecar (net.m2at-model.json beside net.onnx,
model.m2at-model.json beside model.json), in its metadata and in its first operations; --range, --mean, --std, --layout,
--channel-order, --output-name and --outputs come before all of them. One line says what was found.`;

/**
 * What the flags say, as a sidecar would say it; undefined where there are none.
 * @throws M2atError `bad-input` for a value that no sidecar takes, and for `--save-input` with nothing to save
 */
export function inputGiven(flags: Omit<InputFlags, 'probe'>): InputSpecFile | undefined {
  const given = Object.fromEntries(
    keys.flatMap((key) => (flags[key] === undefined ? [] : [[key, flags[key]]])),
  );
  if (Object.keys(given).length > 0) {
    const parsed = inputSpecFile.safeParse(given);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const flag = String(issue?.path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new M2atError('bad-input', issue?.message ?? 'a wrong value', { where: `--${flag}` });
  }
  if (flags.saveInput) {
    throw new M2atError('bad-input', 'there is nothing to save', {
      where: 'm2at attack --save-input',
      hint: 'It keeps --range, --mean, --std, --layout, --channel-order, --output-name and --outputs.',
    });
  }
  return undefined;
}

/** What each list has to be, in words. */
const lists = {
  range: 'two numbers, the smaller first, such as 0,255',
  mean: 'a number, or one a channel, such as 0.485,0.456,0.406',
  std: 'a number above 0, or one a channel, such as 0.229,0.224,0.225',
};

function listFor(key: keyof typeof lists): (text: string) => number[] {
  return (text) => {
    const numbers = numbersOf(text);
    if (numbers && inputSpecFile.safeParse({ [key]: numbers }).success) return numbers;
    throw new InvalidArgumentError(`It has to be ${lists[key]}.`);
  };
}
