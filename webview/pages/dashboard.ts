import '../environment';
import './dashboard.css';
import { showDashboard } from '../dashboard/show-dashboard';
import { sections } from '../sections';

showDashboard(sections);
