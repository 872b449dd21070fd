import assert from 'node:assert/strict';
import {
  everything,
  firstGallery,
  galleryClasses,
  galleryCounts,
  galleryOrders,
  galleryRows,
  imageCounts,
  ordersOf,
  outcomeFilters,
  outcomeOf,
  outcomesIn,
} from '../../../webview/sections/gallery/gallery-view';
import { emptyText, filterLabel, galleryCaption } from '../../../webview/sections/gallery/gallery-text';
import { imageCount, madeGallery, madeReport } from '../../support/attack-run';

describe('webview: gallery', () => {
  const report = madeReport();
  const { grid } = madeGallery(report, 0);
  const outcome = outcomesIn(grid, report);
  const indices = (change: Partial<typeof everything>) =>
    galleryRows(grid, { ...everything, ...change }, outcome).map((place) => grid.rows[place]?.index ?? -1);

  it('filters by outcome, true class and predicted class, together', () => {
    assert.deepEqual(galleryCounts(grid, everything, outcome), {
      all: 25,
      fooled: 15,
      robust: 10,
      misclassified: 0,
    });
    assert.ok(indices({ outcome: 'fooled' }).every((index) => index % 2 === 0));
    assert.deepEqual(indices({ outcome: 'fooled', label: 0 }), [0, 6, 12, 18, 24]);
    assert.deepEqual(indices({ outcome: 'fooled', label: 0, predicted: 2 }), []);
    const chosen = { ...everything, label: 0, predicted: 0 };
    assert.deepEqual(galleryCounts(grid, chosen, outcome), {
      all: 5,
      fooled: 0,
      robust: 5,
      misclassified: 0,
    });
    assert.deepEqual(galleryClasses(grid), { labels: [0, 1, 2], predicted: [0, 1, 2] });
  });

  it('orders pictures by norm only where they have one', () => {
    assert.deepEqual(ordersOf(grid), galleryOrders);
    const unmeasured = grid.rows.map((row) => ({ ...row, norm: undefined }));
    assert.deepEqual(ordersOf({ ...grid, rows: unmeasured }), ['index', 'confident', 'unsure']);
  });

  it('counts pictures, and the images that they are of: also those that were wrong before', () => {
    const pictures = galleryCounts(grid, everything, outcome);
    const images = imageCounts(report.attacks[0], everything, imageCount);
    assert.deepEqual(images, { all: 30, fooled: 15, robust: 10, misclassified: 5 });
    const labels = outcomeFilters.map((value) => filterLabel(value, pictures, images));
    assert.deepEqual(labels, [
      'All (25 pictures of 30 images)',
      'Fooled (15 of 15)',
      'Robust (10 of 10)',
      'Wrong before (0 of 5)',
    ]);
    assert.equal(galleryCaption('apgd-ce', pictures, images), '25 pictures of 30 images under apgd-ce');
    assert.match(emptyText('misclassified', images), /^5 images were classified wrongly before the attack/);
    assert.equal(emptyText('fooled', undefined), 'No image came out this way.');
    const chosen = { ...everything, label: 2 };
    assert.deepEqual(imageCounts(report.attacks[0], chosen, imageCount), {
      all: 10,
      fooled: 5,
      robust: 0,
      misclassified: 5,
    });
  });

  it('counts only pictures where not every image is listed, or the report is behind', () => {
    const [first, second] = report.attacks;
    assert.ok(first && second);
    const pictures = galleryCounts(grid, everything, outcome);
    const bounded = { ...first, images: first.images.slice(0, 8) };
    assert.equal(imageCounts(bounded, everything, imageCount), undefined);
    assert.equal(filterLabel('fooled', pictures, undefined), 'Fooled (15)');
    assert.equal(filterLabel('fooled', pictures, imageCounts(bounded, everything, 8)), 'Fooled (15)');
    // Of an ensemble's later member: the 10 that withstood the first, and the 5 that were wrong before.
    assert.equal(imageCounts(second, everything, imageCount)?.all, 15);
  });

  it('sorts by index, norm and confidence', () => {
    const { grid: pictures } = madeGallery(report, 2);
    const sorted = (order: typeof everything.order) =>
      galleryRows(pictures, { ...everything, order }, () => 'fooled').map((place) => pictures.rows[place]);
    assert.equal(sorted('index')[0]?.index, 0);
    assert.equal(sorted('smallest')[0]?.norm, 0.1);
    assert.equal(sorted('largest')[0]?.index, 28);
    const sure = sorted('confident').map((row) => row?.predictions.xAdv?.confidence ?? NaN);
    assert.deepEqual(
      sure,
      [...sure].sort((a, b) => b - a),
    );
    assert.deepEqual(sorted('unsure'), sorted('confident').reverse());
  });

  it('believes the report, which knows the budget, rather than the prediction', () => {
    const [row] = grid.rows;
    assert.ok(row);
    assert.equal(outcomeOf(grid, row), 'fooled');
    const [attack, ...others] = report.attacks;
    assert.ok(attack);
    const images = attack.images.map((image) => ({ ...image, broken: false }));
    const strict = outcomesIn(grid, { ...report, attacks: [{ ...attack, images }, ...others] });
    assert.equal(strict(row), 'robust');
    assert.equal(outcomesIn(grid, undefined)(row), 'fooled');
  });

  it('begins with the attack that shows most, of those with a budget', () => {
    const galleries = new Map([2, 1, 0].map((place) => [place, madeGallery(report, place)]));
    assert.equal(firstGallery(galleries, report), 0);
    assert.equal(firstGallery(new Map([[2, madeGallery(report, 2)]]), report), 2);
    assert.equal(firstGallery(new Map(), report), undefined);
    const curve = report.attacks.findIndex(({ group }) => report.groups?.[group ?? -1]?.epsilons);
    assert.ok(curve > 2);
    const both = new Map([curve, 2].map((place) => [place, madeGallery(report, place)]));
    assert.equal(firstGallery(both, report), 2, 'an epsilon of a curve comes last');
  });
});
