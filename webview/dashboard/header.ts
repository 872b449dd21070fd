import { progressParts, shareDone, statusLabels } from '../state/run-progress';
import { restriction, runActions, type RunAction } from './run-actions';
import { runFacts } from './run-facts';
import { commitText } from '../../src/core/report/version-text';
import { isOver } from '../../src/core/records/run-state';
import type { RunState, ShownStatus } from '../state/run-state';
import { button, setEnabled } from '../controls/button';
import { CommandLine } from './command-line';
import { DeviceLine } from './device-line';
import { element, setText } from '../controls/dom';
import { onChange } from '../controls/on-change';
import { icon, type IconName } from '../controls/icons';

const statusIcons: Record<ShownStatus, IconName> = {
  preparing: 'spinner',
  running: 'spinner',
  stopping: 'clock',
  done: 'done',
  stopped: 'stopped',
  failed: 'failed',
  pausing: 'clock',
  paused: 'paused',
};

const actionIcons: Record<RunAction['type'], IconName> = {
  stop: 'stop',
  pause: 'pause',
  evaluateNow: 'plot',
  resume: 'resume',
  modify: 'modify',
  attack: 'attack',
  evaluate: 'transfer',
  showLog: 'log',
  revealFolder: 'folder',
  copyCommand: 'copy',
};

/** Name, state, progress and buttons of the run. */
export class Header {
  readonly #title = element('h1');
  readonly #status = element('span', { class: 'status' });
  readonly #facts = element('span', { class: 'facts' });
  readonly #device = new DeviceLine();
  readonly #command: CommandLine;
  readonly #actions = element('div', {
    class: 'actions',
    attributes: { role: 'toolbar', 'aria-label': 'Run' },
  });
  readonly #bar = element('progress', { attributes: { 'aria-label': 'Progress of the run' } });
  readonly #parts = element('div', { class: 'progress-text' });
  readonly #note = element('p', { class: 'note', attributes: { role: 'note' } });
  readonly #onAction: ((type: RunAction['type']) => void) | undefined;
  readonly element: HTMLElement;

  /** @param onAction absent: there are no actions, and nothing that restricts them */
  constructor(onAction?: (type: RunAction['type']) => void) {
    this.#onAction = onAction;
    this.#actions.hidden = onAction === undefined;
    this.#command = new CommandLine(
      onAction &&
        (() => {
          onAction('copyCommand');
        }),
    );
    this.element = element(
      'header',
      { class: 'run-header' },
      element(
        'div',
        { class: 'run-title-row' },
        element(
          'div',
          { class: 'run-title' },
          this.#title,
          element('div', { class: 'run-meta' }, this.#status, this.#facts),
          this.#device.element,
          this.#command.element,
        ),
        this.#actions,
      ),
      element('div', { class: 'run-progress' }, this.#bar, this.#parts),
      this.#note,
    );
  }

  draw(state: RunState): void {
    const { record, status } = state;
    if (!record || !status) return;
    setText(this.#title, record.name);
    this.#drawStatus(status);
    setText(this.#facts, runFacts(state).join(' · '));
    this.#facts.title = factsTitle(state);
    this.#device.draw(record.deviceDetails);
    this.#command.draw(record.command);
    this.#drawProgress(state);
    if (this.#onAction) this.#drawActions(runActions(state));
    const note = this.#onAction && restriction(state);
    this.#note.hidden = note === undefined;
    setText(this.#note, note ?? '');
  }

  readonly #drawStatus = onChange((status: ShownStatus) => {
    this.#status.className = `status status-${status}`;
    this.#status.replaceChildren(icon(statusIcons[status]), statusLabels[status]);
  });

  #drawProgress(state: RunState): void {
    const share = shareDone(state);
    const over = state.record !== undefined && isOver(state.record);
    if (share === undefined && !over) this.#bar.removeAttribute('value');
    else this.#bar.value = share ?? 0;
    this.#bar.hidden = state.record?.status === 'done' || (over && share === undefined);
    setText(this.#parts, progressParts(state).join('  ·  '));
  }

  readonly #drawActions = onChange((actions: readonly RunAction[]) => {
    const focused = [...this.#actions.children].find((child) => child === document.activeElement);
    this.#actions.replaceChildren(
      ...actions.map((action) => {
        const made = button({
          label: action.label,
          icon: actionIcons[action.type],
          appearance: action.primary ? 'primary' : 'secondary',
          title: action.title,
          onClick: () => {
            this.#onAction?.(action.type);
          },
        });
        made.dataset.action = action.type;
        setEnabled(made, action.enabled);
        return made;
      }),
    );
    if (focused instanceof HTMLElement) this.#refocus(focused.dataset.action);
  });

  /** New buttons must not lose the place of somebody who works by keyboard. */
  #refocus(action: string | undefined): void {
    const buttons = [...this.#actions.children].filter((child) => child instanceof HTMLElement);
    const target = buttons.find((made) => made.dataset.action === action) ?? buttons[0];
    target?.focus();
  }
}

function factsTitle({ record }: RunState): string {
  if (!record) return '';
  const versions = Object.entries(record.versions).map(([name, version]) => `${name} ${version}`);
  const commit = commitText(record);
  return [
    record.source,
    `Run ${record.id}`,
    ...versions,
    commit === undefined ? undefined : `commit ${commit}`,
  ]
    .filter((line) => line !== undefined)
    .join('\n');
}
