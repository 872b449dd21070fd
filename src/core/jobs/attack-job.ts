import { attackLike, type AttackLikeOptions } from '../attacking/attack-like';
import type { AttackingOptions, AttackResult } from '../attacking/attack-loaded';
import { resumeAttack, type ResumeAttackOptions } from '../attacking/attack-resume';
import { attackRun, type AttackRunOptions } from '../attacking/attack-run';
import type { RunControl } from '../runs/run-control';
import { pausable, type Attempt } from './pausable';

interface Controlled {
  /** What else may be asked of it while it goes on. */
  readonly control?: RunControl | undefined;
}

/** An attack that can be paused. @throws M2atError as `attackRun` */
export function attackJob(options: AttackRunOptions & Controlled): Promise<AttackResult> {
  return begun(options, (attempt) => attackRun({ ...options, ...attempt }));
}

/** One like another, that can be paused. @throws M2atError as `attackLike` */
export function attackLikeJob(options: AttackLikeOptions & Controlled): Promise<AttackResult> {
  return begun(options, (attempt) => attackLike({ ...options, ...attempt }));
}

/** @param begin does it from its beginning */
function begun(
  options: AttackingOptions & Controlled,
  begin: (attempt: Omit<Attempt, 'resume'>) => Promise<AttackResult>,
): Promise<AttackResult> {
  return pausable(
    options,
    ({ resume, ...attempt }) =>
      resume === undefined ? begin(attempt) : resumeAttack({ ...options, ...attempt, id: resume }),
    isStopped,
  );
}

/** One that goes on, and can be paused. @throws M2atError as `resumeAttack` */
export function resumeAttackJob(options: ResumeAttackOptions & Controlled): Promise<AttackResult> {
  return pausable(options, ({ signal, onEvent }) => resumeAttack({ ...options, signal, onEvent }), isStopped);
}

function isStopped({ record }: AttackResult): boolean {
  return record.status === 'stopped';
}
