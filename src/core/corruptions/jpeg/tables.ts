/** The example tables of ITU-T T.81, Annex K: what encoders mean by quality 50. Row by row. */
const brightnessSteps = [
  ...[16, 11, 10, 16, 24, 40, 51, 61],
  ...[12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56],
  ...[14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77],
  ...[24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101],
  ...[72, 92, 95, 98, 112, 100, 103, 99],
];
const colourSteps = [
  ...[17, 18, 24, 47, 99, 99, 99, 99],
  ...[18, 21, 26, 66, 99, 99, 99, 99],
  ...[24, 26, 56, 99, 99, 99, 99, 99],
  ...[47, 66, 99, 99, 99, 99, 99, 99],
  ...Array.from({ length: 32 }, () => 99),
];

export interface StepTables {
  readonly brightness: readonly number[];
  readonly colour: readonly number[];
}

/** The steps that coefficients are rounded to, at a quality of 1 to 100, by libjpeg's rule. */
export function stepTables(quality: number): StepTables {
  const percent = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const scaled = (steps: readonly number[]): number[] =>
    steps.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
  return { brightness: scaled(brightnessSteps), colour: scaled(colourSteps) };
}
