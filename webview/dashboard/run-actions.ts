import type { FromDashboard } from '../../src/protocol/dashboard-protocol';
import { isOver } from '../../src/core/records/run-state';
import type { RunState } from '../state/run-state';

export interface RunAction {
  readonly type: Exclude<FromDashboard['type'], 'ready'>;
  readonly label: string;
  /** What it does; or why it can't be used now. */
  readonly title: string;
  readonly enabled: boolean;
  readonly primary: boolean;
}

const UNTRUSTED = 'Restricted Mode: trust this workspace to train and attack.';

/** The buttons of the header for a run, in order. */
export function runActions(state: RunState): RunAction[] {
  const { record, status, live, trusted, checkpoint, report } = state;
  if (!record) return [];
  const actions: RunAction[] = [];
  const add = (
    type: RunAction['type'],
    label: string,
    does: string,
    { reason, primary = false }: { reason?: string | undefined; primary?: boolean } = {},
  ) => actions.push({ type, label, title: reason ?? does, enabled: reason === undefined, primary });

  const training = record.kind === 'train';
  const work = training ? 'training from the latest checkpoint' : 'the attack where it was stopped';
  const early = record.status === 'stopped' || record.status === 'failed';
  if (status === 'paused') {
    add('resume', 'Continue', `Take the device again and continue ${work}`, {
      reason: whyNotAtAll(),
      primary: true,
    });
    add('stop', 'Stop', 'End the run as it is saved; it can be resumed', { reason: whyNotAtAll() });
  } else if (early && checkpoint) {
    add('resume', 'Resume', `Continue ${work}`, {
      reason: trusted ? undefined : UNTRUSTED,
      primary: true,
    });
  } else if (!isOver(record)) {
    add(
      'stop',
      'Stop',
      training ? 'Stop at the next batch and keep a checkpoint' : 'Stop within a batch; it can be resumed',
      { reason: status === 'pausing' ? whyNotAtAll() : whyNotNow() },
    );
    add('pause', 'Pause', 'Save the run at its next batch; its device is free until it is continued', {
      reason: whyNotNow(),
    });
    if (training) {
      add('evaluateNow', 'Evaluate Now', 'Evaluate the network after the step at hand', {
        reason: whyNotNow(),
      });
    }
  }
  add(
    'attack',
    'Attack…',
    training ? 'Attack the checkpoint of this run' : 'Attack the same checkpoint again',
    { reason: whyNoAttack() },
  );
  add('modify', 'Modify…', 'Change settings of this run, and start it again beside it', {
    reason: trusted ? undefined : UNTRUSTED,
  });
  if (!training) {
    add('evaluate', 'Transfer…', 'Show the examples of this attack to other networks', {
      reason: whyNoTransfer(),
    });
  }
  add('showLog', 'Log', 'Show the log of this run');
  add('revealFolder', 'Folder', 'Reveal the folder of this run');
  return actions;

  function whyNotAtAll(): string | undefined {
    if (!trusted) return UNTRUSTED;
    return live ? undefined : 'The process of this run can\u2019t be reached from this window.';
  }

  function whyNotNow(): string | undefined {
    const stops = status === 'stopping' ? 'The run is stopping at the next batch.' : undefined;
    return whyNotAtAll() ?? (status === 'pausing' ? 'The run is saved at its next batch.' : stops);
  }

  function whyNoTransfer(): string | undefined {
    if (!trusted) return UNTRUSTED;
    if (record && !isOver(record)) return 'Wait until the run has ended, or stop it first.';
    return (report?.attacks.length ?? 0) > 0
      ? undefined
      : 'The run ended before its first examples were made.';
  }

  function whyNoAttack(): string | undefined {
    if (!trusted) return UNTRUSTED;
    if (record && !isOver(record)) return 'Wait until the run has ended, or stop it first.';
    return training && !checkpoint ? 'The run ended before its first checkpoint was saved.' : undefined;
  }
}

/** A line under the title that says why the run can't be controlled from here; undefined where it can. */
export function restriction(state: RunState): string | undefined {
  return state.trusted ? undefined : `${UNTRUSTED} This run can only be viewed.`;
}
