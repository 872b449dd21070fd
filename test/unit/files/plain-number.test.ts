import assert from 'node:assert/strict';
import { PlainNumbers } from '../../../src/core/files/plain-number';

/** The same ones each time. */
function randomNumbers(): () => number {
  let state = 7;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

function read(text: string): { value: number; at: number } {
  const numbers = new PlainNumbers(Buffer.from(text));
  return { value: numbers.next(), at: numbers.at };
}

describe('numbers of JSON, read from bytes', () => {
  const random = randomNumbers();
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random() * 10)).join('');

  it('are the doubles that Number makes of them', () => {
    let wholly = 0;
    for (let n = 0; n < 200_000; n++) {
      const whole = String(BigInt(digits(1 + Math.floor(random() * 9))));
      const text = n % 3 === 0 ? String(random() * 10 ** (n % 20)) : `${whole}.${digits(1 + (n % 17))}`;
      const { value, at } = read(`${text},`);
      if (Number.isNaN(value)) continue;
      wholly++;
      if (!Object.is(value, Number(text)) || at !== text.length) assert.fail(text);
    }
    assert.ok(wholly > 100_000, String(wholly));
  });

  it('are never rounded to the wrong side where they lie between two doubles', () => {
    for (let n = 0; n < 20_000; n++) {
      // Whole numbers above 2^53 of 17 digits, every second of which is in the middle; and halves, quarters of smaller ones.
      const middle = String(2n ** 54n + 2n * BigInt(Math.floor(random() * 2 ** 50)) + 1n);
      for (const text of [middle, `${middle.slice(0, 16)}.5`, `${middle.slice(0, 9)}.${middle.slice(9)}`]) {
        const { value } = read(`${text}}`);
        if (!Number.isNaN(value) && value !== Number(text)) assert.fail(text);
      }
    }
  });

  it('of everyday rows are all of that form', () => {
    for (const text of ['0', '7', '0.5', '0.03225806451612903', '2.4183340072631836', '1529.7860336080605'])
      assert.equal(read(`${text},`).value, Number(text), text);
    for (const text of ['0.1720509639999982', '100000', '99999.99999999999'])
      assert.equal(read(text).value, Number(text), text);
  });

  it('of another form, and what is none, are left to others', () => {
    const others = ['', '-1', '+1', '.5', '1.', '01', '00.5', '1e3', '1.5E-7', 'null', 'x', '.', '1.2.3,'];
    for (const text of [...others, '123456789012345678', `0.${'0'.repeat(23)}1`]) {
      const { value, at } = read(text);
      if (text === '1.2.3,') assert.deepEqual([value, at], [1.2, 3]);
      else assert.deepEqual([value, at], [NaN, 0], text);
    }
  });
});
