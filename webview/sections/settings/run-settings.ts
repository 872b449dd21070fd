import { commandText } from '../../../src/core/shell-words';
import { commitText } from '../../../src/core/report/version-text';
import { inputFacts } from '../../../src/core/report/input-text';
import type { AttackReport, RunRecord } from '../../../src/core/records/run-files';
import { shown as shownValue } from '../../text/attack-text';
import { formatNames } from '../../text/format-names';
import * as format from '../../text/format';

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface FactTable {
  readonly title: string;
  readonly facts: readonly Fact[];
}

/** Names of classes that are listed. */
const MOST_CLASSES = 20;

/** Everything that the numbers of an attack run depend on: the model, the images, the device, and each attack. */
export function runSettings(record: RunRecord, report: AttackReport): FactTable[] {
  const { deviceDetails: device } = report;
  return [
    {
      title: 'Model',
      facts: facts([
        ['Checkpoint', report.checkpoint],
        ['Format', formatNames[report.format] ?? report.format],
        ...inputText(report),
        ['Classes', classesText(report.classNames ?? [])],
      ]),
    },
    {
      title: 'Images',
      facts: facts([
        ['Data set', report.dataset],
        ['Selected', format.integer(report.selected ?? report.count)],
        ['Through with every attack', format.integer(report.count)],
        ['Seed', String(report.seed)],
        ['Examples', report.eightBit ? 'on the 8-bit grid' : undefined],
        ['Batch size', report.batchSize === undefined ? undefined : format.integer(report.batchSize)],
      ]),
    },
    {
      title: 'Device and versions',
      facts: facts([
        ['Device', report.device],
        ['Description', device?.description],
        ['Provider', device?.provider],
        ['Adapter', device?.adapter],
        ['Threads', device?.threads === undefined ? undefined : String(device.threads)],
        ['Layout of images', device?.layout],
        ['Asked for', device?.insteadOf && `${device.insteadOf.name}: ${device.insteadOf.reason}`],
        ['Chosen by auto', device?.chosen],
        ...Object.entries({ ...record.versions, ...device?.versions }),
        ['Started', record.startedAt],
        ['Ended', record.endedAt],
        ['Run', record.id],
        ['Commit', commitText(record)],
        ['Command', record.command && commandText(record.command)],
      ]),
    },
    ...report.attacks.map(({ title, parameters, seconds }) => {
      const { name, ...others } = parameters;
      return {
        title,
        facts: facts([
          ['attack', name],
          ...Object.entries<unknown>(others).map(([key, value]): [string, string] => [
            wordsOf(key),
            shownValue(value),
          ]),
          ['time', format.duration(seconds)],
        ]),
      };
    }),
  ];
}

function classesText(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, MOST_CLASSES).join(', ');
  return names.length <= MOST_CLASSES ? shown : `${format.integer(names.length)}: ${shown}, …`;
}

/** Each with where it is known from, as in the log. */
function inputText({ input }: AttackReport): [string, string][] {
  return (input ? inputFacts(input) : []).map(({ name, value, origin }) => [
    `Input: ${name}`,
    origin === undefined ? value : `${value} (${origin})`,
  ]);
}

function facts(pairs: readonly (readonly [string, string | undefined])[]): Fact[] {
  return pairs.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** `initialShare` as `initial share`. */
function wordsOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
