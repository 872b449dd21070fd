import { writeReportPage, type ReportPageOptions } from '../../core/runs/report-page';

/**
 * Makes the page of a report anew, and opens it. A page that lies in the run's folder may come from anybody and hold any
 * script, so it is never opened.
 * @param open takes the page's path; false: no program took it
 * @returns the page, and whether a program took it
 * @throws M2atError when the page can't be made; then nothing is opened
 */
export async function openFreshPage(
  report: Pick<ReportPageOptions, 'root' | 'id' | 'bundle'>,
  open: (file: string) => PromiseLike<boolean>,
): Promise<{ readonly file: string; readonly opened: boolean }> {
  const file = await writeReportPage(report);
  return { file, opened: await open(file) };
}
