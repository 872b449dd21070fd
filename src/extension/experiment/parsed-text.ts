import { parseExperiment, type ParsedExperiment } from '../../core/experiment/parse-experiment';

/** Texts whose answer is kept: those of the open files, mostly. */
const KEPT = 4;
const latest: { readonly text: string; readonly parsed: ParsedExperiment }[] = [];

/** What an experiment's text says, read once for diagnostics, lenses and quick fixes: a large sweep takes a second. */
export function parsedText(text: string): ParsedExperiment {
  const at = latest.findIndex((known) => known.text === text);
  const [known = { text, parsed: parseExperiment(text) }] = at < 0 ? [] : latest.splice(at, 1);
  latest.unshift(known);
  latest.length = Math.min(latest.length, KEPT);
  return known.parsed;
}
