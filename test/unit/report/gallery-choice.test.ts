import assert from 'node:assert/strict';
import { Random } from '../../../src/core/random';
import { chooseGallery, type GalleryCandidate } from '../../../src/core/report/gallery-choice';

describe('chooseGallery', () => {
  const candidate = (label: number, fooled: boolean, norm = 1): GalleryCandidate => ({ label, fooled, norm });

  it('spreads over the classes, fooled ones first, and a third of those that withstood', () => {
    const images = [
      ...Array.from({ length: 20 }, () => candidate(0, true)),
      candidate(1, true),
      candidate(2, true),
      ...Array.from({ length: 20 }, () => candidate(1, false)),
      candidate(2, false),
    ];
    assert.deepEqual(chooseGallery(images, { places: 9, byNorm: false }), [0, 1, 2, 3, 20, 21, 22, 23, 42]);
  });

  it('fills the places with those that withstood where few are fooled, and the other way round', () => {
    const few = [candidate(0, false), candidate(0, true), candidate(0, false), candidate(0, false)];
    assert.deepEqual(chooseGallery(few, { places: 3, byNorm: false }), [1, 0, 2]);
    const none = few.map((one) => ({ ...one, fooled: true }));
    assert.deepEqual(chooseGallery(none, { places: 3, byNorm: false }), [0, 1, 2]);
    assert.deepEqual(chooseGallery([], { places: 3, byNorm: false }), []);
  });

  it('has the smallest and the largest norms of a minimal-norm attack, in their order', () => {
    const images = Array.from({ length: 100 }, (_, n) => candidate(n % 10, true, ((n * 37) % 100) + 1));
    const norms = chooseGallery(images, { places: 16, byNorm: true }).map((n) => images[n]?.norm);
    assert.deepEqual(norms.slice(0, 2), [1, 2]);
    assert.deepEqual(norms.slice(-2), [99, 100]);
    assert.equal(new Set(norms).size, 16);
    // The others are the first ones of each class.
    for (const first of images.slice(0, 10)) assert.ok(norms.includes(first.norm), `norm ${first.norm}`);
    assert.ok(!norms.includes(3) && !norms.includes(98), 'two at each end');
    assert.deepEqual(
      norms,
      [...norms].sort((a = 0, b = 0) => a - b),
    );
  });

  it('never comes back to what it has left out', () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = Random.keyed(seed, 'gallery');
      const places = 3 + random.int(20);
      const ease = random.int(11);
      const images: GalleryCandidate[] = [];
      let before = new Set<number>();
      for (let n = 0; n < 80; n++) {
        images.push(candidate(random.int(4), random.int(10) < ease, random.int(30)));
        const now = chooseGallery(images, { places, byNorm: seed % 2 === 0 });
        assert.equal(now.length, Math.min(places, images.length));
        assert.equal(new Set(now).size, now.length);
        for (const chosen of now) assert.ok(chosen === n || before.has(chosen), `seed ${seed}: ${chosen}`);
        before = new Set(now);
      }
    }
  });
});
