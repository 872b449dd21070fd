import { registerBroadcastingGradients } from './broadcasts';
import { registerDilatedConvolutions } from './dilated-convolution';
import { registerEinsumGradient } from './einsum';
import { registerFlatGradients } from './flat';
import { registerKinks } from './kinks';
import { registerRearrangementGradients } from './rearrangements';
import { registerSelectionGradients } from './selections';

let registered = false;

/** Registers the gradients that TF.js lacks or has wrong, for every backend, once. */
export function registerGradients(): void {
  if (registered) return;
  registered = true;
  registerDilatedConvolutions();
  registerBroadcastingGradients();
  registerEinsumGradient();
  registerFlatGradients();
  registerKinks();
  registerRearrangementGradients();
  registerSelectionGradients();
}
