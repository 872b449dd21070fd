/** What the files of a run hold. */
export * from './attack-report';
export * from './metric-rows';
export * from './report-analysis';
export * from './run-marks';
export * from './run-record';
export * from './sample-grid';
