import type { Draws } from './define-corruption';
import type { ImageBytes } from './image-bytes';
import { plasmaFor } from './plasma';

/**
 * What the authors' photographs of frost come to, measured on crops of 32 pixels after they are scaled by 0.2: the mean
 * colour, the deviation within a crop, the deviation of the crops' means. The authors choose among the first five of their
 * six files, of which the second and the third are the same. `decay`: the rougher the ice, the smaller.
 */
const photographs = [
  { colour: [79, 149, 165], spread: 16, shift: 12, decay: 1.5 },
  { colour: [198, 203, 212], spread: 18, shift: 9, decay: 1.5 },
  { colour: [198, 203, 212], spread: 18, shift: 9, decay: 1.5 },
  { colour: [144, 159, 171], spread: 26, shift: 10, decay: 1.4 },
  { colour: [104, 115, 127], spread: 34, shift: 16, decay: 1.4 },
] as const;

/** A window of ice: veins along the heights of a cloud, in the colours of one of the photographs, as large as a picture. */
export function frostPicture(image: ImageBytes, draws: Draws): Uint8Array {
  const { height, width, channels } = image;
  const { colour, spread, shift, decay } = photographs[draws.int(photographs.length)] ?? photographs[0];
  const moved = shift * draws.normal();
  const veins = plasmaFor(image, decay, draws).map((value) => -Math.abs(value - 0.5));
  const mean = veins.reduce((sum, value) => sum + value, 0) / veins.length;
  const variance = veins.reduce((sum, value) => sum + (value - mean) ** 2, 0) / veins.length;
  const scale = variance > 0 ? spread / Math.sqrt(variance) : 0;
  const grey = (colour[0] + colour[1] + colour[2]) / 3;
  const ice = new Uint8Array(height * width * channels);
  for (let i = 0; i < ice.length; i++) {
    const own = channels < 3 ? grey : (colour[i % channels] ?? grey);
    const value = own + moved + scale * ((veins[Math.floor(i / channels)] ?? 0) - mean);
    ice[i] = Math.round(Math.min(255, Math.max(0, value)));
  }
  return ice;
}
