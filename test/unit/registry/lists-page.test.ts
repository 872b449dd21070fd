import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { listsPage } from '../../../scripts/lib/lists-page.mjs';
import { imageParameters } from '../../../src/core/data/define-dataset';
import { builtIn } from '../../../src/core/registry/registry';
import { root } from '../../support/root';

/** Without what the formatter adds. */
const plain = (text: string): string =>
  text
    .replaceAll(/\s+|-{3,}/g, ' ')
    .replaceAll(/ +/g, ' ')
    .trim();

describe('docs/lists.md', () => {
  it('is what the lists say (npm run schema writes it)', () => {
    const stored = readFileSync(path.join(root, 'docs/lists.md'), 'utf8');
    assert.equal(plain(stored), plain(listsPage(builtIn, z.toJSONSchema)));
  });

  it('has an entry that a list gets', () => {
    const parameters = imageParameters('other-set', { train: 7, test: 3 }, 'Where it is.');
    const [dataset] = builtIn.datasets;
    assert.ok(dataset);
    const other = { ...dataset, name: 'other-set', title: 'Other', parameters };
    const page = listsPage({ ...builtIn, datasets: [other] }, z.toJSONSchema);
    assert.match(page, /\| `other-set` \| Other \| 10 \|/);
    assert.match(
      page,
      /### `other-set`\n\n(.*\n)*\| `trainCount` \| `7` \| Use the first N training images\. \|/,
    );
  });
});
