import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunRecord } from '../../src/core/records/run-files';
import { runDirectory, runFile } from '../../src/core/records/run-paths';
import { encode, modelProto } from '../unit/models/onnx/build-model';
import { attackRecord, madeReport, writeAttackRun } from './attack-run';

/** What no text of a repository may run, show or fetch. */
export const bait = {
  command: 'workbench.action.files.newUntitledFile',
  /** Of a codicon that VS Code uses nowhere. */
  icon: 'squirrel',
  host: 'm2at-bait.invalid',
};
const link = `[free](command:${bait.command})`;
const picture = `![p](https://${bait.host}/p.png)`;
const html = `<a href="command:${bait.command}">a</a><img src="https://${bait.host}/i.png" onerror="alert(1)">`;
const unseen = '\x1b[31mred\x07 \u202egnorw\u2069 \u200b';
/** All of it, for texts that may have any length and any character. */
const everything = `${link} $(${bait.icon}) **${picture}** ${html} ${unseen}\n${link}`;

const training: RunRecord = {
  version: 1,
  id: '2026-01-01-000000-bait-0001',
  kind: 'train',
  name: `train ${link} $(${bait.icon})`,
  status: 'failed',
  message: everything,
  source: `/tmp/${link}`,
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:01:00.000Z',
  device: everything,
  versions: { m2at: everything },
};
export const hostileRuns = {
  training,
  attack: { ...attackRecord, name: `attack ${link} $(${bait.icon})`, message: everything, source: picture },
  long: { ...training, id: '2026-01-01-000000-bait-0002', name: `long ${picture}${link.repeat(500)}` },
  unseen: { ...training, id: '2026-01-01-000000-bait-0003', name: everything },
  /** In the place of its folder is a link to one elsewhere. */
  linked: { ...training, id: '2026-01-01-000000-bait-0004', name: 'linked' },
} satisfies Record<string, RunRecord>;

/** A name of a file or folder; Windows has no colons in them. */
export const hostileFile = (ending: string): string =>
  `${process.platform === 'win32' ? '[free](command) ' : link} $(${bait.icon})${ending}`;

/**
 * Fills a workspace as somebody would who wants that a look at it runs, shows or overwrites something.
 * @param outside a folder with files which links in the runs lead to: `victim.txt`, and a run
 */
export async function writeHostileRepository(workspace: string, outside: string): Promise<void> {
  const { linked, ...own } = hostileRuns;
  for (const record of Object.values(own)) await write(runOf(workspace, record, runFile.record), record);
  await write(path.join(outside, 'run', runFile.record), linked);
  const victim = path.join(outside, 'victim.txt');
  await writeFile(victim, 'as it was\n');

  // A training that looks resumable, most of whose files lead elsewhere.
  const at = (...parts: string[]): string => runOf(workspace, training, ...parts);
  await writeFile(at(runFile.experiment), JSON.stringify({ name: everything, method: { name: everything } }));
  await write(at('checkpoints', 'last', 'model.json'), {
    format: 'layers-model',
    modelTopology: { class_name: everything, config: { name: everything, layers: [] } },
    weightsManifest: [{ paths: [everything], weights: [] }],
    userDefinedMetadata: { experiment: everything },
  });
  await mkdir(path.join(outside, 'samples'), { recursive: true });
  await symlink(path.join(outside, 'samples'), at('samples'), 'junction');
  await symlink(victim, at('log.txt'));
  await symlink(victim, at('metrics.jsonl'));
  await symlink(victim, at('resume.lock'));
  await symlink(path.join(outside, 'run'), runDirectory(workspace, linked.id), 'junction');

  // An attack with a report, and a page that would run a script.
  await writeAttackRun(workspace);
  const { attack } = hostileRuns;
  await write(runOf(workspace, attack, runFile.record), attack);
  const report = madeReport();
  await write(runOf(workspace, attack, runFile.report), {
    ...report,
    checkpoint: everything,
    dataset: everything,
    warnings: [everything],
    classNames: [everything, picture, html],
    groups: report.groups?.map((group) => ({ ...group, title: everything })),
  });
  await writeFile(
    runOf(workspace, attack, runFile.reportPage),
    `<script>fetch('https://${bait.host}')</script>`,
  );

  // Experiments and models.
  await write(path.join(workspace, hostileFile('.m2at.json')), {
    name: everything,
    dataset: { name: everything },
    [everything]: 1,
  });
  await write(path.join(workspace, 'wide.m2at.json'), {
    name: 'wide',
    dataset: { name: 'cifar10' },
    model: { name: 'small-cnn' },
    runs: [`one ${link}`, `two ${picture}`].map((name) => ({ name, method: { name: 'standard' } })),
  });
  const onnx = modelProto({
    opset: 13,
    input: ['n', 3, 8, 8],
    nodes: [
      { op: 'GlobalAveragePool', inputs: ['x'], outputs: ['mean'], name: everything },
      { op: 'Flatten', inputs: ['mean'], outputs: [`a ${everything}`] },
      { op: 'Flatten', inputs: ['mean'], outputs: [`b ${link}`] },
    ],
    outputs: [
      { name: `a ${everything}`, shape: ['n', 3] },
      { name: `b ${link}`, shape: ['n', 3] },
    ],
  });
  await mkdir(path.join(workspace, hostileFile('')));
  const metadataProps = [{ key: 'm2at', value: everything }];
  await writeFile(
    path.join(workspace, hostileFile(''), hostileFile('.onnx')),
    encode({ ...onnx, producerName: everything, metadataProps }),
  );
}

function runOf(workspace: string, { id }: RunRecord, ...parts: string[]): string {
  return path.join(runDirectory(workspace, id), ...parts);
}

async function write(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, JSON.stringify(value));
}
