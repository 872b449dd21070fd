import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeRadio,
  vsCodeRadioGroup,
} from '@vscode/webview-ui-toolkit';
import type { Section } from '../sections/define-section';
import { PageHost } from '../state/page-host';
import { VsCodeHost } from '../state/vscode-host';
import { DashboardView } from './dashboard-view';
import { followSystemTheme } from '../controls/page-theme';

/** Shows a run with these sections, in VS Code or as a page of its own, and follows it. */
export function showDashboard(sections: readonly Section[]): void {
  const host = VsCodeHost.isThere ? new VsCodeHost() : new PageHost();
  // Before anything reads the colours: a page of its own has no variables of VS Code.
  if (!host.answers) {
    document.documentElement.classList.add('own-page');
    followSystemTheme();
  }
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeRadio(), vsCodeRadioGroup());
  const view = new DashboardView(host, sections);
  (document.getElementById('app') ?? document.body).append(view.element);
  host.listen(
    (message) => {
      view.receive(message);
    },
    (reason) => {
      view.reject(reason);
    },
  );
}
