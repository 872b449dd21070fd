import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { attacks } from '../../../src/core/attacks';
import { norms } from '../../../src/core/attacks/parameters/attack-parameters';

describe('the definition of each attack', () => {
  const page = readFileSync('docs/attacks.md', 'utf8');

  for (const { name, norms: own, parameters, untargeted } of attacks) {
    it(`${name}: its norms are those that its parameters take, the usual one first`, () => {
      const { data } = parameters.safeParse({ name });
      assert.ok(data, 'every parameter has a default');
      if (!('norm' in parameters.shape)) assert.ok(own.length <= 1);
      else {
        assert.equal(data.norm, own[0]);
        const taken = norms.filter((norm) => parameters.safeParse({ name, norm }).success);
        assert.deepEqual(new Set(own), new Set(taken));
      }
    });

    it(`${name}: every parameter says what it is`, () => {
      const { properties = {} } = z.toJSONSchema(parameters, { io: 'input', unrepresentable: 'any' });
      const silent = Object.entries(properties).filter(
        ([, key]) => !(typeof key === 'object' && key.description),
      );
      assert.deepEqual(silent, []);
    });

    it(`${name}: it has a targeted form, or says why it has none`, () => {
      assert.equal('targeted' in parameters.shape, untargeted === undefined);
    });

    it(`${name}: docs/attacks.md has it, and names are found once`, () => {
      assert.ok(page.includes(`\`${name}\``));
      assert.equal(attacks.filter((other) => other.name === name).length, 1);
    });
  }
});
