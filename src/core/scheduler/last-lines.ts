/** Lines that are quoted of a process that failed, and characters of each. */
const LINES = 20;
const LENGTH = 500;

/** The last lines that a process wrote, for the message of its failure. */
export class LastLines {
  readonly list: string[] = [];

  add(text: string): void {
    this.list.push(text.slice(0, LENGTH));
    if (this.list.length > LINES) this.list.shift();
  }
}
