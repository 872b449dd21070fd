import type { RunRecord } from '../../core/records/run-files';
import { markLimits } from '../../core/records/run-marks';
import type { MarksChange } from '../../core/runs/run-marks';
import { askText } from '../show/questions';

/** Asks what is to be said of a run; undefined when that was dismissed. */
export async function askMark(
  record: RunRecord,
  what: 'name' | 'note' | 'tags',
): Promise<MarksChange | undefined> {
  const { marks } = record;
  switch (what) {
    case 'name': {
      const name = await askText({
        title: `Rename ${record.name}`,
        prompt: 'What the run is called. Empty: its own name.',
        value: record.name,
        problemOf: tooLong(markLimits.name),
      });
      return name === undefined ? undefined : { name };
    }
    case 'note': {
      const note = await askText({
        title: `Note on ${record.name}`,
        prompt: 'What to remember of the run. Empty: no note.',
        value: marks?.note ?? '',
        problemOf: tooLong(markLimits.note),
      });
      return note === undefined ? undefined : { note };
    }
    case 'tags': {
      const tags = await askText({
        title: `Tags of ${record.name}`,
        prompt: 'Words with commas between them. Empty: no tags.',
        value: (marks?.tags ?? []).join(', '),
        problemOf: (answer) => {
          const list = tagsOf(answer);
          if (list.length > markLimits.tags) return `At most ${markLimits.tags} tags.`;
          return list.some((tag) => tag.length > markLimits.tag)
            ? `At most ${markLimits.tag} characters each.`
            : undefined;
        },
      });
      return tags === undefined ? undefined : { tags: tagsOf(tags) };
    }
  }
}

function tagsOf(answer: string): string[] {
  return answer
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

function tooLong(most: number): (answer: string) => string | undefined {
  return (answer) => (answer.length > most ? `At most ${most} characters.` : undefined);
}
