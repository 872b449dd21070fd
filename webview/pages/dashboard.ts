import '../environment';
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeRadio,
  vsCodeRadioGroup,
} from '@vscode/webview-ui-toolkit';
import './dashboard.css';
import { DashboardView } from '../dashboard/dashboard-view';
import { PageHost } from '../state/page-host';
import { followSystemTheme } from '../dashboard/page-theme';
import { VsCodeHost } from '../state/vscode-host';

const host = VsCodeHost.isThere ? new VsCodeHost() : new PageHost();
// Before anything reads the colours: a page of its own has no variables of VS Code.
if (!host.answers) {
  document.documentElement.classList.add('own-page');
  followSystemTheme();
}

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeRadio(), vsCodeRadioGroup());

const view = new DashboardView(host);
(document.getElementById('app') ?? document.body).append(view.element);
host.listen(
  (message) => {
    view.receive(message);
  },
  (reason) => {
    view.reject(reason);
  },
);
