import type { InputKey, InputOrigin } from '../models/input/input-spec-schema';
import type { AttackReport } from '../records/run-files';

export type ReportInput = NonNullable<AttackReport['input']>;

/** One thing that is known, or assumed, of what a network takes or returns. */
export interface InputFact {
  readonly name: string;
  readonly value: string;
  /** Where it is known from; undefined in reports of earlier versions. */
  readonly origin: string | undefined;
}

const originTexts: Readonly<Record<InputOrigin, string> & Record<string, string | undefined>> = {
  flag: 'by a flag',
  sidecar: 'by the sidecar',
  metadata: "by the model's metadata",
  file: 'declared by the model',
  graph: 'recognised in the graph',
  assumed: 'assumed',
};

/** What a network takes and returns, each with where that is known from. */
export function inputFacts(input: ReportInput): InputFact[] {
  const { height, width, channels, layout, range, channelOrder, mean, std, normalizes, outputs } = input;
  const { classes, outputName, otherOutputs = [], origins } = input;
  const originOf = (key: InputKey): string | undefined => {
    const origin = origins?.[key];
    if (origin === undefined) return undefined;
    return key === 'outputName' && origin === 'graph'
      ? 'chosen by its name'
      : (originTexts[origin] ?? origin);
  };
  const facts: [string, string | undefined, InputKey][] = [
    ['layout', layout, 'layout'],
    ['size', height && width ? `${height} x ${width} pixels` : 'any', 'size'],
    ['channels', channels === undefined ? 'any' : String(channels), 'channels'],
    ['range', range && `${range[0]} to ${range[1]}`, 'range'],
    ['mean', (mean && list(mean)) ?? inside(normalizes?.mean), 'mean'],
    ['std', (std && list(std)) ?? inside(normalizes?.std), 'std'],
    ['order of channels', channels === 1 ? undefined : channelOrder, 'channelOrder'],
    ['classes', classes === undefined ? undefined : String(classes), 'classes'],
    [
      'output',
      outputName && (otherOutputs.length > 0 ? `${outputName} (not ${otherOutputs.join(', ')})` : outputName),
      'outputName',
    ],
    ['taken for', outputs, 'outputs'],
  ];
  return facts.flatMap(([name, value, key]) =>
    value === undefined ? [] : [{ name, value, origin: originOf(key) }],
  );
}

/** The same in one line for a terminal and a log: what has one origin stands together. */
export function inputLine(input: ReportInput): string {
  const groups: { origin: string | undefined; texts: string[] }[] = [];
  for (const { name, value, origin } of inputFacts(input)) {
    const last = groups.at(-1);
    const text = `${name} ${value}`;
    if (last && last.origin === origin) last.texts.push(text);
    else groups.push({ origin, texts: [text] });
  }
  const parts = groups.map(({ origin, texts }) => texts.join(', ') + (origin ? ` (${origin})` : ''));
  return `Input: ${parts.join('; ')}.`;
}

function list(numbers: readonly number[]): string {
  return numbers.map((value) => String(Number(value.toPrecision(5)))).join(' ');
}

function inside(numbers: readonly number[] | undefined): string {
  return numbers ? `${list(numbers)} inside the network` : 'none';
}
