import type { Frame, Locator, Page } from 'playwright-core';

/** The page that compares runs, read as a user reads it. */
export class ComparePageReader {
  constructor(private readonly frame: Page | Frame) {}

  private get table(): Locator {
    return this.frame.locator('.compare-table');
  }

  private row(name: string): Locator {
    const named = this.frame.locator('.row-name', { hasText: new RegExp(`^${name}$`) });
    return this.table.locator('tbody tr').filter({ has: named });
  }

  /** What somebody does is drawn in the next frame. */
  async drawn(): Promise<void> {
    const frames = 'new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))';
    // A page that gives way to another one is drawn no more.
    await this.frame.evaluate(frames).catch(() => undefined);
  }

  /** Of rows and groups, in their order. */
  names(): Promise<string[]> {
    return this.table.locator('tbody .row-name, tbody .group-title').allInnerTexts();
  }

  /** Titles of columns, each with the images that it is of. */
  async heads(): Promise<string[]> {
    const texts = await this.table.locator('thead th').allInnerTexts();
    return texts.map((text) =>
      text
        .replaceAll(/[▲▼]\d?/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    );
  }

  private async place(title: string): Promise<number> {
    const heads = await this.heads();
    const found = heads.findIndex((head) => head.startsWith(title));
    if (found < 0) throw new Error(`No column ${title}: ${heads.join(', ')}`);
    return found;
  }

  private head(place: number): Locator {
    return this.table.locator('thead th').nth(place);
  }

  /** The cells of a column whose title begins so. */
  async column(title: string): Promise<string[]> {
    const place = await this.place(title);
    const texts = await this.table.locator(`tbody tr > :nth-child(${place + 1})`).allInnerTexts();
    return texts.map((text) => text.trim());
  }

  /** Empty while there is no such cell. */
  async cell(name: string, title: string): Promise<string> {
    const heads = await this.heads();
    const cells = await this.row(name).locator('> *').allInnerTexts();
    return (cells[heads.findIndex((head) => head.startsWith(title))] ?? '').trim();
  }

  /** What hovering over a cell tells. */
  async hint(name: string, title: string): Promise<string> {
    const place = await this.place(title);
    return (
      (await this.row(name)
        .locator(`> :nth-child(${place + 1})`)
        .getAttribute('title')) ?? ''
    );
  }

  /** Presses a heading. @param further with Shift: to sort by it as well */
  async sort(title: string, { further = false } = {}): Promise<void> {
    const modifiers = further ? (['Shift'] as const) : [];
    await this.head(await this.place(title))
      .getByRole('button')
      .click({ modifiers: [...modifiers] });
    await this.drawn();
  }

  /** `method ascending`, for each heading that the table is sorted by. */
  async sorting(): Promise<string[]> {
    const heads = await this.heads();
    const ways = await Promise.all(heads.map((_, at) => this.head(at).getAttribute('aria-sort')));
    return heads.flatMap((head, at) => (ways[at] ? [`${head} ${ways[at]}`] : []));
  }

  async filter(text: string): Promise<void> {
    await this.frame.getByRole('searchbox', { name: 'Filter rows' }).fill(text);
    await this.drawn();
  }

  async groupBy(text: string): Promise<void> {
    await this.frame.getByLabel('Group by', { exact: true }).selectOption({ label: text });
    await this.drawn();
  }

  /** How many rows there are, in words. */
  count(): Promise<string> {
    return this.frame.locator('section:has(#table-title) .section-caption').innerText();
  }

  /** Presses a button in the row of a run. */
  async press(name: string, label: string): Promise<void> {
    await this.row(name).hover();
    await this.row(name).getByRole('button', { name: label, exact: true }).click();
    await this.drawn();
  }

  /** Shows a column, or hides it. */
  async choose(title: string, shown: boolean): Promise<void> {
    const list = this.frame.locator('.column-chooser');
    if ((await list.getAttribute('open')) === null) await list.locator('summary').click();
    await list.getByRole('checkbox', { name: title, exact: true }).setChecked(shown);
    await this.drawn();
  }

  /** Where a heading is, pixels from the left. */
  async left(title: string): Promise<number | undefined> {
    return (await this.head(await this.place(title)).boundingBox())?.x;
  }

  async scrollRight(): Promise<void> {
    await this.frame.locator('.compare-scroller').evaluate((target) => {
      (target as { scrollLeft: number }).scrollLeft = 10_000;
    });
  }
}
