import './environment';
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeRadio,
  vsCodeRadioGroup,
} from '@vscode/webview-ui-toolkit';
import './dashboard.css';
import { DashboardView } from './view/dashboard-view';
import { Host } from './view/host';

provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeRadio(), vsCodeRadioGroup());

const host = new Host();
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
host.post({ type: 'ready' });
