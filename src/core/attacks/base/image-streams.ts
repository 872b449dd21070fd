import { float32, sizeOf, type NdArray } from '../../engine/arrays/nd-array';
import { Random } from '../../random';
import type { AttackParameters } from '../parameters/attack-parameters';

/**
 * Version of the way in which attacks draw random numbers. 1: a stream a batch. 2: a stream an image. A run that was
 * begun with another one must not go on with this one. To be raised whenever an attack's draws change.
 */
export const DRAWS_VERSION = 2;

/** What tells the draws of an attack from those of the others of an evaluation. */
export interface AttackKey {
  readonly name: string;
  /** How many attacks of the same parameters are before it in the list. */
  readonly repeat: number;
}

/**
 * The keys of a list of attacks. Neither the parameters nor other attacks are part of one, so an image starts from the
 * same numbers whatever else is asked for, and at every epsilon of a curve; only the very same attack, when it is asked
 * for again, draws others.
 */
export function attackKeys(attacks: readonly AttackParameters[]): AttackKey[] {
  const seen = new Map<string, number>();
  return attacks.map((parameters) => {
    const entries = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
    const same = JSON.stringify(entries);
    const repeat = seen.get(same) ?? 0;
    seen.set(same, repeat + 1);
    return { name: parameters.name, repeat };
  });
}

/** The random numbers of an attack for one image. @param index in its data set or array */
export function imageStream(seed: number, { name, repeat }: AttackKey, index: number): Random {
  return Random.keyed(seed, `attack ${name}`, repeat, index);
}

/**
 * Random numbers in the shape of images, each image's from a stream of its own.
 * @param shape [N, H, W, C]
 * @param fill writes all values of one image
 */
export function drawImages(
  shape: readonly number[],
  streams: readonly Random[],
  fill: (image: Float32Array, random: Random) => void,
): NdArray<'float32'> {
  const data = new Float32Array(sizeOf(shape));
  const size = sizeOf(shape.slice(1));
  for (const [n, random] of streams.entries()) fill(data.subarray(n * size, (n + 1) * size), random);
  return float32(data, shape);
}

/** The streams of rows in a further round of searches, from their start; those of padding repeat their image's. */
export function streamsOfRound(streams: readonly Random[], rows: readonly number[], round: number): Random[] {
  return rows.flatMap((row) => streams[row]?.fork(...(round === 0 ? [] : [round])) ?? []);
}
