import { PlainNumbers } from '../files/plain-number';
import { sumOfBytes } from '../files/sealed-json';
import type { StepRow } from '../records/run-files';

const columns = [
  'step',
  'epoch',
  'elapsedSeconds',
  'loss',
  'batchAccuracy',
  'learningRate',
  'imagesPerSecond',
];
const beforeColumn = columns.map((name, n) => Buffer.from(`${n === 0 ? '{"kind":"step"' : ''},"${name}":`));
const beforeSum = Buffer.from(',"sum":"');
const end = Buffer.from('"}');
const SUM_DIGITS = 8;

/**
 * The row of a step's line, where the line is as this version writes it, and its checksum fits. Undefined for any other one,
 * whatever is the matter with it: reading it as JSON says what it is, and takes ten times as long.
 */
export function parseStepLine(line: Buffer): StepRow | undefined {
  const numbers = new PlainNumbers(line);
  const next = (column: number): number => (numbers.skip(beforeColumn[column] ?? end) ? numbers.next() : NaN);
  const step = next(0);
  const epoch = next(1);
  const elapsedSeconds = next(2);
  const loss = next(3);
  const batchAccuracy = next(4);
  const learningRate = next(5);
  const imagesPerSecond = next(6);
  const body = numbers.at;
  // One that is no number makes the sum none.
  const sum = step + epoch + elapsedSeconds + loss + batchAccuracy + learningRate + imagesPerSecond;
  if (Number.isNaN(sum) || !Number.isSafeInteger(step) || !numbers.skip(beforeSum)) return undefined;
  const digits = line.toString('latin1', numbers.at, numbers.at + SUM_DIGITS);
  numbers.at += SUM_DIGITS;
  if (!numbers.skip(end) || numbers.at !== line.length) return undefined;
  if (sumOfBytes(line.subarray(0, body)) !== digits) return undefined;
  return { kind: 'step', step, epoch, elapsedSeconds, loss, batchAccuracy, learningRate, imagesPerSecond };
}
