/** What a network is evaluated with where nobody says: while it is trained, and at the end. */
export const usualAttacks = {
  during: [{ name: 'pgd', steps: 10 }],
  final: [{ name: 'fgsm' }, { name: 'pgd', steps: 20 }],
};
