import assert from 'node:assert/strict';
import type { MetricRow } from '../../../src/core/records/run-files';
import { metricLine, parseMetricBytes, parseMetricLine } from '../../../src/core/runs/metrics-file';
import { parseStepLine } from '../../../src/core/runs/step-line';
import { evaluationRow, stepRow } from '../webview/rows';

/** A column that no version has. */
function withColumn(row: MetricRow, value: number): MetricRow {
  return { ...row, ...{ gradientNorm: value } };
}

describe('lines of steps', () => {
  let state = 11;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const value = (): number =>
    pick([
      random(),
      Math.fround(random() * 3),
      random() * 10 ** (40 * random() - 20),
      Math.floor(random() * 99),
      -1,
    ]) ?? 0;

  function randomRow(step: number): MetricRow {
    const row = stepRow(step, {
      ...{ epoch: step / 391, elapsedSeconds: value(), loss: pick([value(), null]) ?? null },
      ...{ batchAccuracy: random(), learningRate: value(), imagesPerSecond: 1000 * random() },
    });
    return pick<MetricRow>([row, row, withColumn(row, value()), evaluationRow(step)]) ?? row;
  }

  /** Changes a byte, removes or doubles some, or swaps two pieces of a line. */
  function damaged(line: Buffer): Buffer {
    const at = Math.floor(random() * line.length);
    const to = Math.min(line.length, at + 1 + Math.floor(random() * 4));
    const [before, inside, after] = [line.subarray(0, at), line.subarray(at, to), line.subarray(to)];
    const other = Buffer.from(Uint8Array.from(inside)).map((byte) => byte ^ (1 << Math.floor(random() * 8)));
    const changed = [
      [before, other, after],
      [before, after],
      [before, inside, inside, after],
      [before, Buffer.from(' \r'), inside, after],
    ];
    return Buffer.concat(pick(changed) ?? []);
  }

  const bytesOf = (row: MetricRow): Buffer => Buffer.from(metricLine(row).trimEnd());

  it('are read as JSON is, whatever happened to them', () => {
    let fast = 0;
    let refused = 0;
    for (let step = 1; step < 6000; step++) {
      const line = bytesOf(randomRow(step));
      const lines = [
        line,
        damaged(line),
        damaged(damaged(line)),
        Buffer.from(JSON.stringify(randomRow(step))),
      ];
      for (const each of lines) {
        const expected = parseMetricLine(each.toString('utf8'));
        assert.deepEqual(parseMetricBytes(each), expected, each.toString());
        const row = parseStepLine(each);
        if (row) {
          fast++;
          assert.deepEqual(row, expected?.row);
          assert.equal(expected?.verified, true);
        }
        if (!expected) refused++;
      }
    }
    assert.ok(fast > 500, `fast: ${fast}`);
    assert.ok(refused > 5000, `refused: ${refused}`);
  });

  it('are read the fast way where this version wrote them', () => {
    for (const step of [1, 1999]) assert.deepEqual(parseStepLine(bytesOf(stepRow(step))), stepRow(step));
  });

  it('are not, where a checksum that fits says nothing of their form', () => {
    const odd = [
      stepRow(1.5),
      stepRow(2 ** 53),
      stepRow(1, { loss: null }),
      withColumn(stepRow(1), 1),
      evaluationRow(1),
    ];
    for (const row of odd) assert.equal(parseStepLine(bytesOf(row)), undefined, JSON.stringify(row));
  });
});
