import { fastRecipes } from './fast';
import { mixingRecipes } from './mixing';
import { pgdRecipes } from './pgd';
import type { Recipe } from './recipe';
import { tradesRecipes } from './trades';

/** Every recipe, in the order in which people see them. */
export const recipes: readonly Recipe[] = [...pgdRecipes, ...tradesRecipes, ...fastRecipes, ...mixingRecipes];
