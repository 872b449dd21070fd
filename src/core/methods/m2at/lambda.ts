/** How the mixing coefficient is shown. */
export const lambdaFact = {
  name: 'Mixing coefficient',
  symbol: 'λ',
  about: 'the share of x1 in the mixed image',
} as const;
