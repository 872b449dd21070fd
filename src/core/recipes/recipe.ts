/** A setting that a paper's results come from: keys of an experiment file, below the file's own. */
export interface Recipe {
  readonly name: string;
  /** What it trains, in a few words. */
  readonly title: string;
  /** Paper, and the code that the numbers are from. */
  readonly source: string;
  /** What is not as there. */
  readonly differences: readonly string[];
  readonly fills: RecipeKeys;
}

/** As a file would say it. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface is no object of JSON
export type RecipeKeys = {
  readonly model: RecipeObject;
  readonly method: RecipeObject;
  readonly options?: RecipeObject;
  readonly training: RecipeObject;
  readonly evaluation?: RecipeObject;
};

interface RecipeObject {
  readonly [key: string]: number | string | boolean | RecipeObject | readonly (number | RecipeObject)[];
}
