/** How the columns of the sample grid are headed, by their keys. */
export const m2atHeadings = {
  mask: { title: 'M', symbol: 'M', name: 'mask', about: 'white keeps the perturbation, black drops it' },
  x1: { title: 'x₁ = x + M·δ', symbol: 'x₁', name: 'inside M' },
  x2: { title: 'x₂ = x + (1−M)·δ', symbol: 'x₂', name: 'outside M' },
  xMix: { title: 'λ·x₁ + (1−λ)·x₂', symbol: 'xₘᵢₓ', name: 'mixed' },
} as const;
