import type { AttackPlan } from '../attacks/plan/attack-plan';
import type { AttackEntry } from '../attacks/base/define-attack';
import type { ForwardVictim } from '../attacks/base/forward-victim';
import type { Victim } from '../attacks/base/victim';
import type { AttackImages } from './attack-images';
import type { Classifier } from './classifier';

/** What an attack run is to do. */
export interface AttackTask {
  /** The attacks that there are. */
  readonly list: readonly AttackEntry[];
  readonly classifier: Classifier;
  readonly victim: Victim | ForwardVictim;
  readonly images: AttackImages;
  readonly plan: AttackPlan;
  /** The images to attack, by their index. */
  readonly indices: readonly number[];
  /** The classes that attacks with the target `file` aim at, an entry an image. */
  readonly targets?: readonly number[] | undefined;
  readonly seed: number;
  readonly batchSize: number;
  /** Whether other conventions of input may be tried; true where it is absent. */
  readonly probe?: boolean | undefined;
  /** Examples are put on the 8-bit grid before they are judged. */
  readonly eightBit?: boolean | undefined;
}
