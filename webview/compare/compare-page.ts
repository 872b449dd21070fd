import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeRadio,
  vsCodeRadioGroup,
} from '@vscode/webview-ui-toolkit';
import { element, setText } from '../controls/dom';
import { icon } from '../controls/icons';
import { onThemeChange, readTheme } from '../plots/theme';
import { counted } from '../text/format';
import { compareHost } from './compare-host';
import { Signal, type ComparePage, type CompareSection } from './compare-section';
import { CompareState, type ComparePart } from './compare-state';
import { followSystemTheme } from '../controls/page-theme';
import { runColours } from './run-colours';

/** Shows a comparison, in VS Code or as a page of its own, and follows it. */
export function showComparison(sections: readonly ((page: ComparePage) => CompareSection)[]): void {
  const host = compareHost();
  if (!host.answers) {
    document.documentElement.classList.add('own-page');
    followSystemTheme();
  }
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeRadio(), vsCodeRadioGroup());
  const state = new CompareState();
  const title = element('h1', { text: 'Compare runs' });
  const about = element('p', { class: 'compare-about' });
  const errorText = element('p');
  const error = element('div', { class: 'error', attributes: { role: 'alert' } }, icon('failed'), errorText);
  error.hidden = true;
  const changed = new Set<ComparePart>();
  let theme = readTheme();
  let colours = runColours([], theme);
  let scheduled = false;
  const schedule = (parts: Iterable<ComparePart>): void => {
    for (const part of parts) changed.add(part);
    if (scheduled) return;
    scheduled = true;
    requestAnimationFrame(() => {
      scheduled = false;
      draw();
    });
  };
  const page: ComparePage = {
    host,
    state,
    colours: () => colours,
    theme: () => theme,
    cursor: new Signal(),
    redraw: () => {
      schedule(['rows', 'series', 'samples']);
    },
  };
  const open = sections.map((section) => section(page));
  const draw = (): void => {
    const parts = new Set(changed);
    changed.clear();
    if (parts.has('rows')) {
      colours = runColours(state.rows, theme);
      const runs = new Set(state.rows.map(({ record }) => record.id)).size;
      document.title = `Compare ${counted(runs, 'run')}`;
      setText(title, `Compare ${counted(runs, 'run')}`);
      const own = host.answers ? 'Nothing of the selection is here any more.' : 'This page holds no run.';
      setText(about, runs === 0 ? own : '');
      about.hidden = runs > 0;
    }
    for (const section of open) {
      if (section.parts.some((part) => parts.has(part))) section.element.hidden = !section.draw();
    }
  };
  const main = element(
    'main',
    { class: 'compare' },
    element('header', { class: 'compare-header' }, title),
    about,
    error,
    ...open.map((section) => section.element),
  );
  (document.getElementById('app') ?? document.body).append(main);
  onThemeChange(() => {
    theme = readTheme();
    colours = runColours(state.rows, theme);
    for (const section of open) section.restyle?.();
    page.redraw();
  });
  host.listen(
    (message) => {
      error.hidden = true;
      if (message.type === 'state') {
        host.save({
          ...(message.selection && { selection: message.selection }),
          ...(message.view && { view: message.view }),
        });
      }
      schedule(state.apply(message));
    },
    (reason) => {
      error.hidden = false;
      setText(
        errorText,
        host.answers
          ? `This page did not understand a message of the extension; reload the window to bring both to the same version.\n${reason}`
          : `This page holds no comparison that it can show: write it anew.\n${reason}`,
      );
    },
  );
}
