import '../environment';
import './compare.css';
import { showComparison } from '../compare/compare-page';
import { curvesSection } from '../compare/curves/curves-section';
import { samplesSection } from '../compare/samples/samples-section';
import { scatterSection } from '../compare/scatter/scatter-section';
import { tableSection } from '../compare/table/table-section';

showComparison([tableSection, scatterSection, curvesSection, samplesSection]);
