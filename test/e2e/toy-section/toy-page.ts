import '../../../webview/environment';
import '../../../webview/pages/dashboard.css';
import { showDashboard } from '../../../webview/dashboard/show-dashboard';
import { sections } from '../../../webview/sections';
import { bestEvaluationSection } from './best-evaluation';

showDashboard([...sections, bestEvaluationSection]);
