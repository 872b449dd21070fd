import * as z from 'zod';
import type { Recipe } from '../recipes/recipe';
import { plainText } from '../text-schema';
import { didYouMean } from './did-you-mean';
import type { FieldPath, FieldProblem } from './describe-issue';
import { overlay, type JsonObject } from './overlay';

/** Name of a recipe. Records may have one that is not in the list any more, so any text is one; {@link recipeProblem} looks. */
export function recipeName(recipes: readonly Recipe[]) {
  const known = recipes.map((recipe) => z.literal(recipe.name).describe(recipeText(recipe)));
  return z
    .union([...known, plainText.min(1).max(100)])
    .describe(
      "The setting of a paper: fills network, method, options and training below the file's own keys. The record has every number.",
    );
}

/** What a recipe is, and what it fills. */
export function recipeText({ title, source, differences, fills }: Recipe): string {
  const filled = Object.entries(fills).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  return `${title}. ${source}. Different here: ${differences.join('; ')}. Fills ${filled.join(', ')}`;
}

/**
 * What a file, or one run of it, says with the keys that its recipe fills: recipe, then file, then entry of `runs`, each
 * laid over the one before.
 */
export function withRecipe(recipes: readonly Recipe[], file: JsonObject, entry: JsonObject = {}): JsonObject {
  const name = entry.recipe ?? file.recipe;
  const recipe = recipes.find((each) => each.name === name);
  return overlay(recipe ? overlay({ ...recipe.fills }, file) : file, entry);
}

/** That a recipe is not known. @param name the value of the key at the path */
export function recipeProblem(
  recipes: readonly Recipe[],
  name: unknown,
  path: FieldPath,
): FieldProblem | undefined {
  if (name === undefined || recipes.some((recipe) => recipe.name === name)) return undefined;
  const known = recipes.map((recipe) => recipe.name);
  const suggestion = typeof name === 'string' ? didYouMean(name, known) : undefined;
  const question = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  return {
    path,
    message: `must be one of ${known.map((each) => `"${each}"`).join(', ')}; got ${JSON.stringify(name)}${question}`,
    ...(suggestion !== undefined && { suggestion }),
  };
}
