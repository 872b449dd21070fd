import path from 'node:path';
import type * as vscode from 'vscode';
import type { ModelInspection } from '../../protocol/worker-protocol';
import { readText } from '../../core/files/text';
import { numbersOf } from '../../core/models/number-list';
import { showError } from '../show/notifications';
import { askFiles, askText, pick } from '../show/questions';
import { answerProblem, classNamesOf, inputChoices, outputChoices, type InputAnswers } from './input-answers';

type Question = (title: string) => Promise<InputAnswers | undefined>;

const MAX_NAMES_BYTES = 4 * 2 ** 20;

/** What was answered, and the model as it is with that. */
export interface AskedInput {
  readonly inspection: ModelInspection;
  /** Empty when nothing had to be asked. */
  readonly answers: InputAnswers;
}

/**
 * Asks what the model's file does not say about its input and output. Nothing is written.
 * @param lookAgain at the model, with another of its outputs: whether it ends in a softmax, and its classes
 * @returns undefined when it was dismissed
 */
export async function askInput(
  inspection: ModelInspection,
  lookAgain: (outputName: string) => PromiseLike<ModelInspection>,
): Promise<AskedInput | undefined> {
  const choices = outputChoices(inspection);
  if (choices.length === 0) return withAnswers(inspection, await askQuestions(inspection));
  const output = await choose(
    `Output of ${path.basename(inspection.modelFile)}`,
    'Which output has the class scores? The answer is kept in a file beside the model.',
    choices.map(({ label, description, answers }) => ({ label, description, answer: answers })),
  );
  if (output?.outputName === undefined) return undefined;
  const { outputName } = output;
  const chosen = outputName === inspection.spec.outputName ? inspection : await lookAgain(outputName);
  const answers = await askQuestions(chosen);
  return withAnswers(chosen, answers && { ...output, ...answers });
}

function withAnswers(inspection: ModelInspection, answers: InputAnswers | undefined): AskedInput | undefined {
  return answers && { inspection, answers };
}

async function askQuestions(inspection: ModelInspection): Promise<InputAnswers | undefined> {
  const { assumed, modelFile, spec, classes } = inspection;
  const questions: Question[] = [
    ...(assumed.includes('layout') ? [(title: string) => askLayout(inspection, title)] : []),
    ...(assumed.includes('range') ? [(title: string) => askRange(inspection, title)] : []),
    ...(assumed.includes('outputs') ? [askOutputs] : []),
  ];
  if (questions.length === 0) return {};
  if (!spec.classNames && classes !== undefined) questions.push((title) => askClassNames(classes, title));
  let answers: InputAnswers = {};
  for (const [place, ask] of questions.entries()) {
    const answer = await ask(`Input of ${path.basename(modelFile)} (${place + 1} of ${questions.length})`);
    if (!answer) return undefined;
    answers = { ...answers, ...answer };
  }
  return answers;
}

/** One of a few answers; the first is what stands in so far. */
async function choose<T>(
  title: string,
  placeHolder: string,
  items: readonly (vscode.QuickPickItem & { answer: T })[],
): Promise<T | undefined> {
  const picked = await pick(items, { title, placeHolder, ignoreFocusOut: true });
  return picked?.answer;
}

async function askLayout({ inputShape }: ModelInspection, title: string): Promise<InputAnswers | undefined> {
  const shape = inputShape.map((size) => size ?? '?').join(', ');
  return choose(title, `Where does an input [${shape}] have its channels?`, [
    { label: 'Last: [N, H, W, C]', description: 'TensorFlow, Keras', answer: { layout: 'NHWC' as const } },
    { label: 'First: [N, C, H, W]', description: 'PyTorch', answer: { layout: 'NCHW' as const } },
  ]);
}

function askOutputs(title: string): Promise<InputAnswers | undefined> {
  return choose(title, 'What does the network return?', [
    { label: 'Logits', description: 'before a softmax: usual', answer: { outputs: 'logits' as const } },
    { label: 'Probabilities', description: 'after a softmax', answer: { outputs: 'probabilities' as const } },
  ]);
}

async function askRange(inspection: ModelInspection, title: string): Promise<InputAnswers | undefined> {
  const items: (vscode.QuickPickItem & { answer: InputAnswers | 'other' })[] = [
    ...inputChoices(inspection).map(({ label, description, answers }) => ({
      label,
      description,
      answer: answers,
    })),
    { label: 'Something else…', description: 'range, mean, standard deviation', answer: 'other' as const },
  ];
  const answer = await choose(
    title,
    'What do pixels have to be? The answer is kept in a file beside the model.',
    items,
  );
  return answer === 'other' ? askOtherRange(inspection, title) : answer;
}

async function askOtherRange(inspection: ModelInspection, title: string): Promise<InputAnswers | undefined> {
  const { mean, std, channels } = inspection.spec;
  const range = await askNumbers(inspection, 'range', {
    title,
    prompt: 'Black and white, before mean and standard deviation',
    value: '0, 1',
  });
  if (!range) return undefined;
  let answers: InputAnswers = range;
  for (const [key, given, prompt] of [
    ['mean', mean, 'Mean of each channel, which is subtracted. Empty: none.'],
    ['std', std, 'Standard deviation of each channel, which divides. Empty: none.'],
  ] as const) {
    if (given) continue;
    const answer = await askNumbers(inspection, key, { title, prompt, value: '' });
    if (!answer) return undefined;
    answers = { ...answers, ...answer };
  }
  if (channels !== null && channels !== 3) return answers;
  const order = await choose(title, 'Order of the colours', [
    { label: 'RGB', description: 'usual', answer: { channelOrder: 'RGB' as const } },
    { label: 'BGR', description: 'Caffe, OpenCV', answer: { channelOrder: 'BGR' as const } },
  ]);
  return order && { ...answers, ...order };
}

async function askNumbers(
  inspection: ModelInspection,
  key: 'range' | 'mean' | 'std',
  options: { readonly title: string; readonly prompt: string; readonly value: string },
): Promise<InputAnswers | undefined> {
  const optional = key !== 'range';
  const answerOf = (text: string): Record<string, unknown> =>
    optional && text.trim() === '' ? {} : { [key]: numbersOf(text) ?? text };
  const text = await askText({
    ...options,
    placeHolder: optional ? '0.485, 0.456, 0.406' : '0, 255',
    problemOf: (input) => answerProblem(answerOf(input), inspection),
  });
  return text === undefined ? undefined : answerOf(text);
}

async function askClassNames(classes: number, title: string): Promise<InputAnswers | undefined> {
  const answer = await choose(title, `Names of the ${classes} classes, in the order of the outputs`, [
    { label: 'Leave them out', description: 'the report numbers them', answer: 'none' as const },
    { label: 'Type them…', description: 'with commas between them', answer: 'type' as const },
    { label: 'From a file…', description: 'a JSON list, or one name a line', answer: 'file' as const },
  ]);
  switch (answer) {
    case undefined:
      return undefined;
    case 'none':
      return {};
    case 'type':
      return typeNames(classes, title);
    case 'file':
      return readNames(classes, title);
  }
}

async function typeNames(classes: number, title: string): Promise<InputAnswers | undefined> {
  const namesOf = (text: string): string[] =>
    text
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
  const text = await askText({
    title,
    prompt: `${classes} names, with commas between them`,
    problemOf: (input) => countProblem(namesOf(input), classes),
  });
  return text === undefined ? undefined : { classNames: namesOf(text) };
}

async function readNames(classes: number, title: string): Promise<InputAnswers | undefined> {
  const [file] = await askFiles({ title, openLabel: 'Use' });
  if (!file) return undefined;
  const names = classNamesOf(await readText(file.fsPath, MAX_NAMES_BYTES));
  const problem = countProblem(names ?? [], classes);
  if (problem === undefined && names) return { classNames: names };
  void showError(`${path.basename(file.fsPath)}: ${problem ?? 'no list of names'}`);
  return undefined;
}

function countProblem(names: readonly string[], classes: number): string | undefined {
  return names.length === classes ? undefined : `${names.length} names for ${classes} classes.`;
}
