import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as z from 'zod';
import { sealJson, unsealJson } from '../../../src/core/files/sealed-json';
import { sha256OfJson } from '../../../src/core/files/sha256';
import { runDirectory, runFile, runsDirectory } from '../../../src/core/records/run-paths';
import { root as repository } from '../../support/root';

/** Runs that version 0.1.0 wrote, by what became of them: each a folder of `runs-0.1.0`. */
export const storedRuns = ['trained', 'training-stopped', 'attacked', 'attack-stopped'] as const;

/** A folder of its own with those runs in it. */
export async function storedRoot(): Promise<string> {
  const root = await mkdtemp(path.join(tmpdir(), 'm2at-test-'));
  await mkdir(runsDirectory(root), { recursive: true });
  await cp(path.join(repository, 'test/unit/records/runs-0.1.0'), runsDirectory(root), { recursive: true });
  return root;
}

export type Json = Record<string, unknown>;
const object = z.record(z.string(), z.unknown());

/** Has a record hold what `change` makes of it, with the checksums that its version would have written. */
export async function rewrite(
  root: string,
  id: string,
  name: string,
  change: (value: Json) => Json,
): Promise<void> {
  const file = path.join(runDirectory(root, id), name);
  const value = change(await readObject(file));
  const isTask = name === runFile.attack || name === runFile.experiment;
  const text = JSON.stringify(value);
  await writeFile(file, isTask ? text : sealJson(text));
  if (!isTask) return;
  const sum = sha256OfJson(value);
  await rewrite(root, id, runFile.record, (record) => ({
    ...record,
    checksums: {
      ...object.parse(record.checksums),
      ...(name === runFile.attack ? { attack: [sum] } : { experiment: sum }),
    },
  }));
}

/** Appends lines to the metrics of a run that is over. */
export async function appendRows(root: string, id: string, rows: readonly Json[]): Promise<void> {
  const file = path.join(runDirectory(root, id), runFile.metrics);
  const before = await readFile(file, 'utf8');
  const lines = rows.map((row) => `${sealJson(JSON.stringify(row))}\n`);
  await writeFile(file, before + lines.join(''));
  const count = before.trimEnd().split('\n').length + rows.length;
  await rewrite(root, id, runFile.record, (record) => ({
    ...record,
    checksums: { ...object.parse(record.checksums), rows: count },
  }));
}

export async function readObject(file: string): Promise<Json> {
  return object.parse(JSON.parse(unsealJson(await readFile(file, 'utf8')).json));
}
