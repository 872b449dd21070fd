/** Sets of MedMNIST that nothing here can be trained on, and why. */
export const multiLabelSets: ReadonlyMap<string, string> = new Map([
  [
    'medmnist/chestmnist',
    'is multi-label: an image shows none or several of 14 findings, and a network here learns one class an image; ' +
      'take another set, such as "medmnist/pneumoniamnist"',
  ],
]);
