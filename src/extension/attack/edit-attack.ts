import * as vscode from 'vscode';
import { showWarning } from '../show/notifications';
import { askText, pick, separator } from '../show/questions';
import type { AttackEntry, AttackField } from './attack-catalog';
import type { AttackEntry as Entry } from '../../core/attacks';
import { problemOf, shownValue, typedValue, withValue, type AttackDraft } from './attack-draft';

interface FieldItem extends vscode.QuickPickItem {
  /** Absent: the attack is as it should be. */
  readonly field?: AttackField;
}

/**
 * Shows an attack's parameters with the values that it will use, and lets the user change any of them.
 * @param attacks those that there are
 * @param place such as `2 of 3`
 * @returns undefined when it was dismissed
 */
export async function editAttack(
  attacks: readonly Entry[],
  entry: AttackEntry,
  place: string,
): Promise<AttackDraft | undefined> {
  let draft: AttackDraft = { name: entry.name, values: {} };
  const title = `${entry.name} (${place})`;
  for (;;) {
    const picked = await pick(itemsOf(attacks, entry, draft), {
      title,
      placeHolder: 'Enter takes these; pick a parameter to change it. The report states every value.',
      matchOnDescription: true,
      ignoreFocusOut: true,
    });
    if (!picked) return undefined;
    if (!picked.field) return draft;
    draft = await askField(attacks, draft, picked.field, title);
  }
}

function itemsOf(attacks: readonly Entry[], { fields, line }: AttackEntry, draft: AttackDraft): FieldItem[] {
  return [
    { label: 'Use these parameters', iconPath: new vscode.ThemeIcon('check'), detail: line },
    separator('Parameters'),
    ...fields.map((field) => ({
      label: field.key,
      description: `${shownValue(attacks, draft, field.key)}${field.key in draft.values ? '' : ' (default)'}`,
      detail: field.description,
      field,
    })),
  ];
}

/** The draft with the answer; the same when the question was dismissed. */
async function askField(
  attacks: readonly Entry[],
  draft: AttackDraft,
  field: AttackField,
  title: string,
): Promise<AttackDraft> {
  const { key, choices } = field;
  if (choices) {
    const current = shownValue(attacks, draft, key);
    const items = choicesOf(field, choices).map((item) => ({
      ...item,
      description: item.label === current ? 'now' : '',
    }));
    const picked = await pick(items, {
      title: `${title}: ${key}`,
      placeHolder: field.description,
      ignoreFocusOut: true,
    });
    if (!picked) return draft;
    if (picked.typed) return askValue(attacks, draft, field, title);
    const changed = withValue(draft, key, picked.value);
    const problem = problemOf(attacks, changed);
    if (problem === undefined) return changed;
    void showWarning(`${draft.name}: ${problem}`);
    return draft;
  }
  return askValue(attacks, draft, field, title);
}

interface ChoiceItem {
  readonly label: string;
  /** Undefined leaves the parameter to its default. */
  readonly value?: string | boolean;
  /** The value is typed. */
  readonly typed?: true;
}

function choicesOf({ open }: AttackField, choices: readonly (string | boolean)[]): ChoiceItem[] {
  const values = choices.map((value): ChoiceItem => ({ label: String(value), value }));
  return open ? [{ label: 'none' }, ...values, { label: 'Another…', typed: true }] : values;
}

async function askValue(
  attacks: readonly Entry[],
  draft: AttackDraft,
  field: AttackField,
  title: string,
): Promise<AttackDraft> {
  const { key } = field;
  const shown = shownValue(attacks, draft, key);
  const text = await askText({
    title: `${title}: ${key}`,
    prompt: `${field.description} Empty: the default.`.trim(),
    value: shown === 'any' || shown === 'none' ? '' : shown,
    problemOf: (input) => problemOf(attacks, withValue(draft, key, typedValue(field, input))),
  });
  return text === undefined ? draft : withValue(draft, key, typedValue(field, text));
}
