import { commandText } from '../../src/core/shell-words';
import { iconButton } from '../controls/button';
import { element } from '../controls/dom';
import { onChange } from '../controls/on-change';

/** What does a run again on the command line, with a button that copies it. */
export class CommandLine {
  readonly element = element('div', { class: 'command-line' });
  readonly #copy: HTMLElement | undefined;

  /** @param onCopy absent: nobody copies it */
  constructor(onCopy?: () => void) {
    this.#copy = onCopy && iconButton('Copy the command that does this run again', 'copy', onCopy);
  }

  readonly draw = onChange((command: readonly string[] | undefined) => {
    this.element.hidden = command === undefined;
    if (!command) return;
    const text = commandText(command);
    const title = `Does this run again, in the folder of the runs:\n${text}`;
    this.element.replaceChildren(element('code', { text, title }), ...(this.#copy ? [this.#copy] : []));
  });
}
