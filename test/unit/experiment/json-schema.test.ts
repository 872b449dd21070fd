import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';

describe('experimentJsonSchema', () => {
  it('is what media/experiment.schema.json holds (npm run schema writes it)', () => {
    const stored: unknown = JSON.parse(readFileSync('media/experiment.schema.json', 'utf8'));
    assert.deepEqual(stored, JSON.parse(JSON.stringify(experimentJsonSchema())));
  });
});
