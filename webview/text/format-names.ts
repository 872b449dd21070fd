import names from './format-names.json';

/** What the formats of models are called on the page. */
export const formatNames: Readonly<Record<string, string | undefined>> = names;
