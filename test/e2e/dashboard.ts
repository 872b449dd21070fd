import type { Frame, Locator } from 'playwright-core';
import * as z from 'zod';
import type { Workbench } from '../support/vscode/workbench';

export type PlotId = 'accuracy' | 'loss' | 'learningRate' | 'imagesPerSecond';

/** Runs in the page: red, green and blue of each pixel of a row's pictures. Text, as this side has no DOM types. */
const readPixels = (row: number): string => `
  [...document.querySelectorAll('.sample-table tbody tr')[${row}].querySelectorAll('canvas')].map((canvas) => {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return [...data].filter((_, at) => at % 4 !== 3);
  })`;

/** The dashboard's page inside its webview, read as a user reads it. */
export class Dashboard {
  private constructor(private readonly frame: Frame) {}

  /** The dashboard of the run with this name and kind, once it is shown. */
  static async of(
    workbench: Workbench,
    name: string,
    kind: 'Training' | 'Attack' = 'Training',
  ): Promise<Dashboard> {
    const header = `.run-header:has(h1:text-is("${name}"))`;
    return new Dashboard(await workbench.webview(`${header}:has(.facts:text("${kind}"))`));
  }

  /** Waits until the run's header says so. */
  async status(
    status: 'Running' | 'Paused' | 'Stopped' | 'Done' | 'Failed',
    patienceMs = 90_000,
  ): Promise<void> {
    const shown = this.frame.locator('.run-header .status', { hasText: status });
    await shown.waitFor({ timeout: patienceMs });
  }

  /** Presses a button of the run's header. */
  async press(label: string): Promise<void> {
    await this.frame.locator('.run-header').getByText(label, { exact: true }).click();
  }

  /** What the page says was seen to go wrong, in its order. */
  warnings(): Promise<string[]> {
    return this.frame.getByRole('list', { name: 'Warnings' }).getByRole('listitem').allInnerTexts();
  }

  /** Why the run failed. */
  error(): Promise<string> {
    return this.frame.getByRole('alert').innerText();
  }

  /** What the header says of the device. */
  async device(): Promise<string> {
    return this.frame.locator('.run-header .device-line').innerText();
  }

  /** Presses the button that copies the command which does the run again. @returns that command, as it is shown */
  async copyCommand(): Promise<string> {
    const line = this.frame.locator('.run-header .command-line');
    await line.getByRole('button', { name: 'Copy the command' }).click();
    return line.locator('code').innerText();
  }

  /** The share of the run that is done, in [0, 1]. */
  async share(): Promise<number> {
    const value = await this.frame.locator('.run-header progress').getAttribute('value');
    return Number(value ?? 0);
  }

  /** Shows a plot's numbers as a table, newest first, and returns its rows. */
  async table(plot: PlotId): Promise<Locator> {
    const card = this.frame.locator(`[data-plot="${plot}"]`);
    await card.getByRole('button', { name: 'as a table' }).click();
    return card.locator('.data-table tbody tr');
  }

  /** The rows of the accuracy table that evaluations made, not training steps. */
  get evaluations(): Locator {
    return this.frame.locator('[data-plot="accuracy"] .data-table tbody tr.strong');
  }

  get sampleRows(): Locator {
    return this.frame.getByRole('grid', { name: 'Sample pictures' }).locator('tbody tr');
  }

  async sampleColumns(): Promise<string[]> {
    const grid = this.frame.getByRole('grid', { name: 'Sample pictures' });
    await grid.waitFor();
    return grid.locator('thead th').allInnerTexts();
  }

  /** The sample pictures with their heading. */
  get samples(): Locator {
    return this.frame.locator('section', { has: this.frame.locator('#samples-title') });
  }

  /** The line above the sample pictures: how many, and from which step of the training. */
  get sampleCaption(): Locator {
    return this.samples.locator('.section-caption');
  }

  /** What the pictures of one row show: red, green and blue of every pixel, in the order of the columns. */
  async pictures(row: number): Promise<number[][]> {
    return z.array(z.array(z.int())).parse(await this.frame.evaluate<unknown>(readPixels(row)));
  }

  /** The rows of an attack's report: title and accuracy in percent. */
  async accuracies(): Promise<{ title: string; percent: number }[]> {
    const rows = await this.frame.locator('tr.bar-row').all();
    return Promise.all(
      rows.map(async (row) => ({
        title: (await row.locator('.bar-title').innerText()).trim(),
        percent: Number.parseFloat(await row.locator('.bar-value').innerText()),
      })),
    );
  }
}
