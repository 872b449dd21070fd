import { printable } from '../../src/core/printable';
import type { ToDashboard } from '../../src/protocol/dashboard-protocol';
import { keyNumbers } from '../sections/key-numbers/key-numbers';
import { isOver, RunState, type Part } from '../state/run-state';
import { AttackSection } from '../sections/attacks/attack-section';
import { ClassesSection } from '../sections/classes/classes-section';
import { CurvesSection } from '../sections/curves/curves-section';
import { element, setText } from '../controls/dom';
import { FinalSection } from '../sections/final';
import { GallerySection } from '../sections/gallery/gallery-section';
import { Header } from './header';
import type { Host } from '../state/host';
import { icon } from '../controls/icons';
import { KeyNumbersRow } from '../sections/key-numbers/key-numbers-row';
import { LiveSummary } from './live-summary';
import { NormsSection } from '../sections/norms/norms-section';
import { PlotsSection } from '../sections/metrics/metrics-section';
import { SamplesSection } from '../sections/samples';
import { SettingsSection } from '../sections/settings/settings-section';
import { onThemeChange } from '../plots/theme';
import { TransferSection } from '../sections/transfer/transfer-section';
import { WarningsList } from '../sections/warnings';

/** Plots rest at least this many times as long as they took to draw. */
const PLOT_PAUSES = 4;

/** The whole page. Messages change the state at once; the page follows once a frame. */
export class DashboardView {
  readonly element: HTMLElement;
  readonly #host: Host;
  readonly #state = new RunState();
  readonly #header: Header;
  readonly #warnings = new WarningsList();
  readonly #numbers = new KeyNumbersRow();
  readonly #plots: PlotsSection;
  readonly #final = new FinalSection();
  readonly #attacks = new AttackSection();
  readonly #transfer = new TransferSection();
  readonly #curves: CurvesSection;
  readonly #norms: NormsSection;
  readonly #classes = new ClassesSection();
  readonly #settings = new SettingsSection();
  readonly #gallery: GallerySection;
  readonly #samples: SamplesSection;
  readonly #summary = new LiveSummary();
  readonly #errorText = element('p');
  readonly #error = element(
    'div',
    { class: 'error', attributes: { role: 'alert' } },
    icon('failed'),
    this.#errorText,
  );
  readonly #dirty = new Set<Part>();
  #scheduled = false;
  #postponed = false;
  #plotsDrawn = { at: 0, took: 0 };

  constructor(host: Host) {
    this.#host = host;
    this.#header = new Header(
      host.answers
        ? (type) => {
            host.post({ type });
          }
        : undefined,
    );
    this.#plots = new PlotsSection(host, () => {
      this.#invalidate(['steps']);
    });
    this.#curves = new CurvesSection(host);
    this.#norms = new NormsSection(host);
    this.#samples = new SamplesSection(host);
    this.#gallery = new GallerySection(host);
    this.#error.hidden = true;
    this.element = element(
      'main',
      {},
      this.#header.element,
      this.#error,
      this.#warnings.element,
      this.#numbers.element,
      element(
        'div',
        { class: 'columns' },
        element(
          'div',
          { class: 'column' },
          this.#final.element,
          this.#attacks.element,
          this.#transfer.element,
          this.#curves.element,
          this.#norms.element,
          this.#classes.element,
          this.#plots.element,
        ),
        this.#samples.element,
        this.#gallery.element,
      ),
      this.#settings.element,
      this.#summary.element,
    );
    this.element.classList.add('is-loading');
    onThemeChange(() => {
      this.#plots.restyle();
      this.#curves.restyle();
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
    for (const part of parts) this.#dirty.add(part);
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
    const dirty = new Set(this.#dirty);
    this.#dirty.clear();
    if (!record) return;
    const changed = (...parts: Part[]) => parts.some((part) => dirty.has(part));
    this.element.classList.remove('is-loading');
    const attack = record.kind === 'attack';
    this.#plots.element.hidden = attack;
    this.#samples.element.hidden = attack;
    // In an attack run each of them knows whether it has something to show.
    if (!attack) for (const section of this.#attackSections()) section.hidden = true;

    if (changed('record')) {
      document.title = printable(record.name);
      this.#showError(
        record.status === 'failed' ? (record.message ?? 'The run failed; its log says why.') : '',
      );
    }
    this.#header.draw(state);
    this.#numbers.draw(keyNumbers(state, Date.now()));
    if (changed('steps', 'evaluations', 'record') && !attack) this.#drawPlots(dirty.size === 1);
    if (changed('evaluations', 'record')) this.#final.draw(state);
    if (changed('samples', 'record') && !attack) this.#samples.draw(state);
    if (changed('record', 'report')) {
      this.#warnings.draw([...(state.record?.warnings ?? []), ...(state.report?.warnings ?? [])]);
    }
    if (attack) this.#drawAttack(changed);
    if (changed('evaluations', 'report', 'record')) this.#summary.draw(state);
  }

  #attackSections(): HTMLElement[] {
    const sections = [
      this.#attacks,
      this.#transfer,
      this.#curves,
      this.#norms,
      this.#classes,
      this.#settings,
      this.#gallery,
    ];
    return sections.map((section) => section.element);
  }

  #drawAttack(changed: (...parts: Part[]) => boolean): void {
    const state = this.#state;
    if (changed('report', 'record', 'progress')) this.#attacks.draw(state);
    if (changed('report', 'record', 'galleries', 'samples')) this.#gallery.draw(state);
    if (changed('transfer', 'report', 'record')) this.#transfer.draw(state);
    if (!changed('report', 'record')) return;
    this.#curves.draw(state);
    this.#norms.draw(state);
    this.#classes.draw(state);
    this.#settings.draw(state);
  }

  /** Long runs take long to draw: what only adds steps leaves the page most of the time for people. */
  #drawPlots(onlySteps: boolean): void {
    const now = performance.now();
    const wait = this.#plotsDrawn.at + PLOT_PAUSES * this.#plotsDrawn.took - now;
    if (onlySteps && wait > 0) {
      if (this.#postponed) return;
      this.#postponed = true;
      setTimeout(() => {
        this.#postponed = false;
        this.#invalidate(['steps']);
      }, wait);
      return;
    }
    this.#plots.draw(this.#state);
    const end = performance.now();
    this.#plotsDrawn = { at: end, took: end - now };
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
