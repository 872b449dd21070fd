import { RadioGroup } from '@vscode/webview-ui-toolkit';
import { setText, toolkitElement } from './dom';

/** One of a few values, as radio buttons in a row. */
export class RadioChoice<Value extends string> {
  readonly element: HTMLElement;
  readonly #radios: ReadonlyMap<Value, HTMLElement>;
  #value: Value;

  /** @param values the first one is chosen at the start */
  constructor(
    label: string,
    values: readonly [Value, ...Value[]],
    labels: Readonly<Record<Value, string>>,
    changed: () => void,
  ) {
    this.#value = values[0];
    this.element = toolkitElement('vscode-radio-group', {
      class: 'radio-choice',
      attributes: { 'aria-label': label },
    });
    this.#radios = new Map(
      values.map((value) => {
        const attributes = { value, ...(value === values[0] ? { checked: '' } : {}) };
        return [value, toolkitElement('vscode-radio', { text: labels[value], attributes })];
      }),
    );
    this.element.append(...this.#radios.values());
    this.element.addEventListener('change', ({ target }) => {
      const shown = target instanceof RadioGroup ? target.value : undefined;
      const chosen = values.find((value) => value === shown);
      if (!chosen || chosen === this.#value) return;
      this.#value = chosen;
      changed();
    });
  }

  get value(): Value {
    return this.#value;
  }

  setLabel(value: Value, label: string): void {
    const radio = this.#radios.get(value);
    if (radio) setText(radio, label);
  }
}
