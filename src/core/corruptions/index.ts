import { defocusBlur, glassBlur, motionBlur, zoomBlur } from './blur';
import type { Corruption } from './base/define-corruption';
import { contrast, jpegCompression, pixelate } from './digital';
import { elasticTransform } from './elastic';
import { gaussianNoise, impulseNoise, shotNoise } from './noise';
import { brightness, fog, frost, snow } from './weather';

/**
 * The 15 corruptions of CIFAR-10-C and ImageNet-C (Hendrycks and Dietterich, ICLR 2019), in the order of the paper, with
 * the constants of the code that made those sets (github.com/hendrycks/robustness).
 */
export const corruptions: readonly Corruption[] = [
  gaussianNoise,
  shotNoise,
  impulseNoise,
  defocusBlur,
  glassBlur,
  motionBlur,
  zoomBlur,
  snow,
  frost,
  fog,
  brightness,
  contrast,
  elasticTransform,
  pixelate,
  jpegCompression,
];
