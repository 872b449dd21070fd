import { setAttribute, toolkitElement } from './dom';
import { icon, type IconName } from './icons';

export interface ButtonOptions {
  readonly label: string;
  readonly icon?: IconName;
  readonly appearance: 'primary' | 'secondary' | 'icon';
  readonly title?: string;
  readonly onClick: () => void;
}

/** A button of the webview toolkit; with `appearance: 'icon'` the label is only spoken and shown as a tooltip. */
export function button(options: ButtonOptions): HTMLElement {
  const iconOnly = options.appearance === 'icon';
  const made = toolkitElement(
    'vscode-button',
    {
      title: options.title ?? (iconOnly ? options.label : ''),
      attributes: { appearance: options.appearance, ...(iconOnly ? { 'aria-label': options.label } : {}) },
    },
    iconOnly ? undefined : options.label,
  );
  if (options.icon) {
    const picture = icon(options.icon);
    if (!iconOnly) picture.setAttribute('slot', 'start');
    made.append(picture);
  }
  made.addEventListener('click', () => {
    if (!made.hasAttribute('disabled')) options.onClick();
  });
  return made;
}

export function setEnabled(target: HTMLElement, enabled: boolean): void {
  setAttribute(target, 'disabled', enabled ? undefined : '');
}

/** A button that shows its icon only; its label is heard, and seen on hover. */
export function iconButton(label: string, icon: IconName, onClick: () => void): HTMLElement {
  return button({ label, icon, appearance: 'icon', onClick });
}
