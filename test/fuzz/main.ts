// npm run fuzz: tries damaged inputs of every parser in turn, and ends with the counts.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { countsOf, fuzz, keepFindings, type Tally } from './campaign';
import { isTargetName, plans, targetNames, type TargetName } from './targets';

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seed: { type: 'string' },
      count: { type: 'string' },
      minutes: { type: 'string' },
    },
  });
  const names = chosen(values.only);
  const minutes = numberOf('minutes', values.minutes);
  const firstSeed = numberOf('seed', values.seed) ?? 1;
  const script = path.join(__dirname, 'fuzz-child.js');
  const tallies: Tally[] = [];
  for (const name of names) {
    // What the parsers before it have left of the time goes to all that follow.
    const count = numberOf('count', values.count) ?? (minutes === undefined ? plans[name].count : Infinity);
    const timeLimit = minutes === undefined ? undefined : (minutes * 60_000) / names.length;
    const tally = await fuzz(name, { script, firstSeed, count, timeLimit });
    tallies.push(tally);
    console.log(countsOf([tally]).split('\n')[1]);
    for (const text of await keepFindings(tally)) console.log(`\n${text}\n`);
  }
  console.log(`\n${countsOf(tallies)}`);
  const findings = tallies.reduce((sum, tally) => sum + tally.findings.length, 0);
  const tried = tallies.reduce((sum, tally) => sum + tally.tried, 0);
  console.log(`\n${tried} inputs from seed ${firstSeed} on, ${findings} findings`);
  return findings === 0 ? 0 : 1;
}

function chosen(only: string | undefined): readonly TargetName[] {
  if (only === undefined) return targetNames;
  const names = only.split(',');
  const unknown = names.find((name) => !isTargetName(name));
  if (unknown !== undefined)
    throw new Error(`There is no parser "${unknown}". Parsers: ${targetNames.join(', ')}.`);
  return names.filter(isTargetName);
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && value >= 0) return value;
  throw new Error(`--${name} must be a number; it is "${text}".`);
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
