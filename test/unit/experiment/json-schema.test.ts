import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { experimentJsonSchema } from '../../../src/core/experiment/json-schema';

describe('experimentJsonSchema', () => {
  it('is what media/experiment.schema.json holds (npm run schema writes it)', () => {
    const stored: unknown = JSON.parse(readFileSync('media/experiment.schema.json', 'utf8'));
    assert.deepEqual(stored, JSON.parse(JSON.stringify(experimentJsonSchema())));
  });

  it('tells the kinds of an object apart by their tag, so that a wrong one is one problem', () => {
    const { properties } = experimentJsonSchema();
    const text = JSON.stringify(properties);
    assert.doesNotMatch(text, /"oneOf"/);
    const [, model] = Object.entries(Object(properties) as object).find(([key]) => key === 'model') ?? [];
    assert.deepEqual(Reflect.get(Object(model), 'properties'), {
      name: { enum: ['small-cnn', 'preact-resnet', 'resnet', 'wide-resnet', 'checkpoint'] },
    });
    // A condition without `required` would hold for an object without the tag, for every kind at once.
    for (const condition of text.match(/"if":\{.{0,20}/g) ?? []) assert.match(condition, /"if":\{"required"/);
  });
});
