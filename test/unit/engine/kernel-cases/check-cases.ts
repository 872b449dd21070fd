import assert from 'node:assert/strict';
import type { Device } from '../../../../src/core/engine/devices/device';
import type { Program } from '../../../../src/core/engine/tracing/program';
import type { NdArray } from '../../../../src/core/engine/arrays/nd-array';
import { messageOf } from '../../../../src/core/errors';
import { eager, relativeError, runOn } from '../engine-fixture';
import { oracleOf, programOf, type KernelCase } from './kernel-case';

/** A case with what to say when it fails, so that it can be run again. */
export interface NumberedCase {
  readonly kernelCase: KernelCase;
  readonly label: string;
  /** Of the largest number of a result; 1e-4 where it isn't given. */
  readonly tolerance?: number;
}

/** Several programs as one: a device builds one session for all of them. */
function together(programs: readonly { readonly program: Program; readonly inputs: number }[]): Program {
  return (...inputs) => {
    let start = 0;
    return programs.flatMap(({ program, inputs: count }) =>
      program(...inputs.slice(start, (start += count))),
    );
  };
}

function joined(cases: readonly NumberedCase[], programOfCase: (kernelCase: KernelCase) => Program): Program {
  return together(
    cases.map(({ kernelCase }) => ({ program: programOfCase(kernelCase), inputs: kernelCase.inputs.length })),
  );
}

const describeArray = ({ dtype, shape, data }: NdArray): string =>
  `${dtype}[${shape.join()}] ${Array.from(data.slice(0, 12)).join(' ')}${data.length > 12 ? ' …' : ''}`;

/** All cases compute numbers of about 1, so that a sum that should be 0 may be off by as much as one of about 1. */
const LEAST = 0.1;

function isClose(actual: NdArray, expected: NdArray, tolerance: number): boolean {
  const error = relativeError(actual, expected);
  if (error <= tolerance) return true;
  let largest = 0;
  for (const value of expected.data) largest = Math.max(largest, Math.abs(value));
  return largest < LEAST && error * largest <= tolerance * LEAST;
}

/** What is wrong with the result of a case, or undefined. */
function difference(
  label: string,
  actual: readonly NdArray[],
  expected: readonly NdArray[],
  tolerance: number,
): string | undefined {
  if (actual.length !== expected.length)
    return `${label}: ${actual.length} results instead of ${expected.length}`;
  for (const [i, array] of expected.entries()) {
    const result = actual[i];
    if (result && !isClose(result, array, tolerance)) {
      const error = relativeError(result, array);
      return `${label}, result ${i}: relative error ${error}\n    is        ${describeArray(result)}\n    should be ${describeArray(array)}`;
    }
  }
  return undefined;
}

/** The results of each case on a device, from one program; from one program a case when that fails. */
async function resultsOf(
  device: Device,
  cases: readonly NumberedCase[],
  counts: readonly number[],
): Promise<(NdArray[] | Error)[]> {
  if (cases.length === 0) return [];
  const inputs = cases.flatMap(({ kernelCase }) => kernelCase.inputs);
  try {
    const all = await runOn(device, 'kernel cases', joined(cases, programOf), inputs);
    let start = 0;
    return counts.map((count) => all.slice(start, (start += count)));
  } catch (error) {
    if (cases.length === 1) return [error instanceof Error ? error : new Error(messageOf(error))];
    const middle = Math.ceil(cases.length / 2);
    return [
      ...(await resultsOf(device, cases.slice(0, middle), counts.slice(0, middle))),
      ...(await resultsOf(device, cases.slice(middle), counts.slice(middle))),
    ];
  }
}

/** Runs the cases on TF.js's `cpu` backend and on `device`, and asserts that all results agree. */
export async function checkCases(device: Device, cases: readonly NumberedCase[]): Promise<void> {
  const failures: string[] = [];
  const expected: NdArray[][] = [];
  const sound: NumberedCase[] = [];
  for (const numbered of cases) {
    const { kernelCase, label } = numbered;
    try {
      expected.push(await runOn(eager, label, oracleOf(kernelCase), [...kernelCase.inputs]));
      sound.push(numbered);
    } catch (error) {
      failures.push(`${label}: the case is wrong, TF.js itself throws ${messageOf(error)}`);
    }
  }
  const results = await resultsOf(
    device,
    sound,
    expected.map(({ length }) => length),
  );
  for (const [i, result] of results.entries()) {
    const label = sound[i]?.label ?? '';
    const failure =
      result instanceof Error
        ? `${label}: ${messageOf(result)}`
        : difference(label, result, expected[i] ?? [], sound[i]?.tolerance ?? 1e-4);
    if (failure !== undefined) failures.push(failure);
  }
  assert.ok(failures.length === 0, `${failures.length} of ${cases.length} cases\n  ${failures.join('\n  ')}`);
}
