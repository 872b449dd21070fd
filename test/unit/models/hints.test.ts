import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files whose messages are about bytes that don't add up; everything else was read completely. */
const aboutBytes = new Set([
  ...['model-checksums.ts', 'tensor-proto.ts', 'tar-gz.ts', 'read-part.ts', 'stored-array.ts'],
  ...['picture-header.ts', 'decode-jpeg.ts', 'decode-webp.ts'],
]);

describe('messages about models and data', () => {
  it('call no file damaged that was read', () => {
    for (const folder of ['src/core/models', 'src/core/data']) {
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.ts') || aboutBytes.has(path.basename(name))) continue;
        const source = readFileSync(path.join(folder, name), 'utf8');
        const texts = source.match(/(['"`])(?:(?!\1)[^\\\n]|\\.)*\1/g) ?? [];
        for (const text of texts) assert.doesNotMatch(text, /damaged/, name);
      }
    }
  });
});
