import { printable } from '../../src/core/printable';
import type { ToDashboard } from '../../src/protocol/dashboard-protocol';
import { element, setText } from '../controls/dom';
import { icon } from '../controls/icons';
import { onThemeChange } from '../plots/theme';
import type { OpenSection, Section } from '../sections/define-section';
import type { Host } from '../state/host';
import { isOver, type Part } from '../../src/core/records/run-state';
import { RunState } from '../state/run-state';
import { Header } from './header';

/** The whole page. Messages change the state at once; the page follows once a frame. */
export class DashboardView {
  readonly element: HTMLElement;
  readonly #host: Host;
  readonly #state = new RunState();
  readonly #header: Header;
  readonly #sections: readonly { readonly section: Section; readonly open: OpenSection }[];
  readonly #errorText = element('p');
  readonly #error = element(
    'div',
    { class: 'error', attributes: { role: 'alert' } },
    icon('failed'),
    this.#errorText,
  );
  readonly #changed = new Set<Part>();
  /** Sections that asked to be drawn. */
  readonly #asked = new Set<Section>();
  #scheduled = false;

  constructor(host: Host, sections: readonly Section[]) {
    this.#host = host;
    this.#header = new Header(
      host.answers
        ? (type) => {
            host.post({ type });
          }
        : undefined,
    );
    this.#sections = sections.map((section) => {
      const redraw = () => {
        this.#asked.add(section);
        this.#schedule();
      };
      return { section, open: section.open({ host, redraw }) };
    });
    this.#error.hidden = true;
    const at = (place: Section['place']) =>
      this.#sections.filter(({ section }) => section.place === place).map(({ open }) => open.element);
    this.element = element(
      'main',
      { class: 'is-loading' },
      this.#header.element,
      this.#error,
      ...at('top'),
      element('div', { class: 'columns' }, element('div', { class: 'column' }, ...at('main')), ...at('side')),
      ...at('end'),
    );
    onThemeChange(() => {
      for (const { open } of this.#sections) open.restyle?.();
    });
    setInterval(() => {
      this.#tick();
    }, 1000);
  }

  receive(message: ToDashboard): void {
    this.#invalidate(this.#state.apply(message));
    if (message.type === 'state') this.#host.save({ run: message.record.id });
  }

  /** Shows what went wrong with a message of the host. */
  reject(reason: string): void {
    this.element.classList.remove('is-loading');
    this.#showError(
      this.#host.answers
        ? `The dashboard did not understand a message of the extension; reload the window to bring both to the same version.\n${reason}`
        : `This page does not hold a run that it can show: write it anew.\n${reason}`,
    );
  }

  #invalidate(parts: Iterable<Part>): void {
    for (const part of parts) this.#changed.add(part);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#draw();
    });
  }

  #draw(): void {
    const state = this.#state;
    const { record } = state;
    const changed = new Set(this.#changed);
    const asked = new Set(this.#asked);
    this.#changed.clear();
    this.#asked.clear();
    if (!record) return;
    this.element.classList.remove('is-loading');
    if (changed.has('record')) {
      document.title = printable(record.name);
      this.#showError(
        record.status === 'failed' ? (record.message ?? 'The run failed; its log says why.') : '',
      );
    }
    this.#header.draw(state);
    for (const { section, open } of this.#sections) {
      if (!section.kinds.includes(record.kind)) open.element.hidden = true;
      else if (asked.has(section) || section.parts.some((part) => changed.has(part))) {
        open.element.hidden = !open.draw(state, changed);
      }
    }
  }

  /** The clock runs, and tables catch up, also while no message comes. */
  #tick(): void {
    const { record } = this.#state;
    if (record && !isOver(record)) this.#invalidate(['progress', 'steps']);
  }

  #showError(text: string): void {
    this.#error.hidden = text === '';
    setText(this.#errorText, text);
  }
}
