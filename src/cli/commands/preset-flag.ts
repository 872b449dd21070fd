import { InvalidArgumentError } from 'commander';
import { attackPresets, type AttackPreset } from '../../core/attacks/plan/attack-presets';
import { didYouMean } from '../../core/experiment/did-you-mean';

/** For commander: `quick-look` or `quick-look,CW-PGD-20`. */
export function presetList(text: string): AttackPreset[] {
  return text.split(',').map((part) => {
    const name = part.trim().toLowerCase();
    const preset = attackPresets.find(({ id }) => id === name);
    if (preset) return preset;
    const known = attackPresets.map(({ id }) => id);
    const meant = didYouMean(name, known);
    throw new InvalidArgumentError(
      `"${part.trim()}" is none of: ${known.join(', ')}.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
    );
  });
}

/** The budgets of the curves of presets. */
export function presetEpsilons(presets: readonly AttackPreset[] = []): number[] | undefined {
  const epsilons = presets.flatMap((preset) => preset.epsilons ?? []);
  return epsilons.length > 0 ? epsilons : undefined;
}

/** Every preset in a line. */
export function presetLines(): string {
  const width = Math.max(...attackPresets.map(({ id }) => id.length));
  return attackPresets.map(({ id, description }) => `  ${id.padEnd(width)}  ${description}`).join('\n');
}
