import { Random } from '../../../src/core/random';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Attempt, FuzzTarget } from '../fuzz-target';
import { contentOf, oneFile } from '../fuzz-target';
import { mutateBytes, pick } from '../mutate/mutate-bytes';
import { mutateLines, mutateText } from '../mutate/mutate-text';
import { damagesOf, type Damage } from '../damage/damages';
import { RunCases, type RunCase } from '../damage/run-case';
import { readdirSync, readFileSync } from 'node:fs';

/** A prime: neighbouring seeds are about different files, and all seeds together about every one. */
const STRIDE = 7919;

/** Every file and folder of every run, damaged in every way: a seed is the place in the list. */
export async function damageTarget(folder: string): Promise<FuzzTarget> {
  const cases = await RunCases.make(folder);
  const all: { run: RunCase; damage: Damage }[] = [];
  for (const run of cases.cases) {
    for (const damage of await damagesOf(run.folder)) all.push({ run, damage });
  }
  return {
    input(seed) {
      const one = all[(seed * STRIDE) % all.length];
      const label = one ? `${one.run.kind}, ${one.run.end}: ${one.damage.file} ${one.damage.what}` : '';
      return oneFile('damage.txt', label, label);
    },
    async attempt(_, seed): Promise<Attempt> {
      const one = all[(seed * STRIDE) % all.length];
      if (!one) throw new RangeError(`there are ${all.length} damages`);
      const { run, damage } = one;
      const end = await cases.try(run, (place, outside) =>
        damage.apply(path.join(place, damage.file), outside),
      );
      return end === 'right' ? 'accepted' : { refused: ['told'] };
    },
    close: () => cases.dispose(),
  };
}

/** A file of a run, damaged at random, then listed, read, reported, evaluated and resumed. */
export async function resumeTarget(folder: string): Promise<FuzzTarget> {
  const cases = await RunCases.make(folder);
  const choose = (seed: number): { run: RunCase; random: Random } => {
    const random = Random.keyed(seed, 'fuzz-resume');
    return { run: pick(random, cases.cases), random };
  };
  return {
    input(seed) {
      const { run, random } = choose(seed);
      const names = readdirSync(run.folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(run.folder, path.join(entry.parentPath, entry.name)))
        .sort();
      const name = pick(random, names);
      const content = readFileSync(path.join(run.folder, name));
      const { bytes, label } = damaged(name, content, random);
      return oneFile(name, bytes, `${run.kind}, ${run.end}, ${name}: ${label}`);
    },
    async attempt(input, seed): Promise<Attempt> {
      const { run } = choose(seed);
      const [name = ''] = input.files.keys();
      const end = await cases.try(run, (place) => writeFile(path.join(place, name), contentOf(input, name)));
      return end === 'right' ? 'accepted' : { refused: ['told'] };
    },
    close: () => cases.dispose(),
  };
}

function damaged(name: string, content: Buffer, random: Random): { bytes: Buffer; label: string } {
  const text = content.toString('utf8');
  if (name.endsWith('.jsonl')) return mutateLines(text, random);
  if (name.endsWith('.json')) return mutateText(text, JSON.parse(text), random);
  return mutateBytes(content, random);
}
