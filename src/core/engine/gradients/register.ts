import { registerDilatedConvolutions } from './dilated-convolution';
import { registerEinsumGradient } from './einsum';
import { registerRearrangementGradients } from './rearrangements';
import { registerSelectionGradients } from './selections';

let registered = false;

/** Registers the gradients that TF.js lacks or has wrong, for every backend, once. */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  registerDilatedConvolutions();
  registerEinsumGradient();
  registerRearrangementGradients();
  registerSelectionGradients();
}
