import type { CaseMaker } from './kernel-case';
import { elementwise } from './elementwise';
import { images } from './images';
import { products } from './products';
import { rearrangements } from './rearrangements';
import { reductionCases } from './reductions';
import { selections } from './selections';
import { shapes } from './shapes';

/** Every kind of case, by area and op. */
export const kernelCases: Readonly<Record<string, Readonly<Record<string, CaseMaker>>>> = {
  elementwise,
  reductions: reductionCases,
  shapes,
  products,
  images,
  rearrangements,
  selections,
};
