import assert from 'node:assert/strict';
import manifest from '../../../package.json';
import {
  commands,
  contextKeys,
  dashboardViewType,
  experimentGlob,
  experimentLanguage,
  runTraits,
  settings,
  views,
} from '../../../src/extension/contributions';
import { deviceNames } from '../../../src/core/engine/devices/device';

const { contributes } = manifest;
const menus: Record<string, { command: string; when: string }[]> = contributes.menus;
const whens = [
  ...Object.values(menus)
    .flat()
    .map(({ when }) => when),
  ...contributes.viewsWelcome.map(({ when }) => when),
];

/** Every match of a pattern's first group, once, in order. */
function all(pattern: RegExp, texts: readonly string[]): string[] {
  return [
    ...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''))),
  ].sort();
}

describe('contributions', () => {
  it('names the same commands in package.json and in code', () => {
    const declared = contributes.commands.map(({ command }) => command);
    assert.deepEqual(declared.toSorted(), Object.values<string>(commands).sort());
    for (const { category } of contributes.commands) assert.equal(category, 'M2AT');
  });

  it('names only declared commands in menus, and welcome texts', () => {
    const known = new Set<string>(Object.values(commands));
    for (const item of Object.values(menus).flat()) assert.ok(known.has(item.command), item.command);
    const linked = all(/command:(m2at\.\w+)/g, [JSON.stringify(contributes)]);
    assert.ok(linked.length > 0);
    for (const command of linked) assert.ok(known.has(command), command);
  });

  it('has the same settings with the same defaults', () => {
    const declared = Object.fromEntries(
      Object.entries(contributes.configuration.properties).map(([key, value]) => [key, value.default]),
    );
    assert.deepEqual(declared, { ...settings });
    assert.deepEqual(contributes.configuration.properties['m2at.device'].enum, ['auto', ...deviceNames]);
  });

  it('uses exactly the context keys that code sets', () => {
    const views_ = new Set<string>(Object.values(views));
    const used = all(/(?<![\w:])(m2at\.\w+)/g, whens).filter((key) => !views_.has(key));
    assert.deepEqual(used, Object.values<string>(contextKeys).sort());
  });

  it('uses exactly the traits that the tree gives its runs', () => {
    assert.deepEqual(all(/\\b(\w+)\\b/g, whens), [...runTraits].sort());
  });

  it('declares the views, the dashboard and the experiment files that code names', () => {
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map(({ id }) => id),
      [views.container],
    );
    assert.deepEqual(
      contributes.views[views.container].map(({ id }) => id),
      [views.runs, views.queue],
    );
    assert.ok(manifest.activationEvents.includes(`onWebviewPanel:${dashboardViewType}`));
    assert.ok(manifest.activationEvents.includes(`workspaceContains:${experimentGlob}`));
    assert.ok(!manifest.activationEvents.some((event) => event === '*' || event.startsWith('onLanguage')));
  });

  it('has experiment files to itself: no schema of JSON files reports their mistakes a second time', () => {
    const [language] = contributes.languages;
    assert.deepEqual([language?.id, language?.filenamePatterns], [experimentLanguage, ['*.m2at.json']]);
    assert.deepEqual(
      contributes.grammars.map((grammar) => grammar.language),
      [experimentLanguage],
    );
    assert.ok(!contributes.jsonValidation.some(({ fileMatch }) => fileMatch.endsWith('.m2at.json')));
    const starts = menus['editor/title']?.find(({ command }) => command === commands.startTraining);
    assert.ok(starts?.when.includes(`resourceLangId == ${experimentLanguage} && resourceScheme == untitled`));
  });

  it('limits itself in untrusted workspaces and stays off virtual ones', () => {
    assert.equal(manifest.capabilities.untrustedWorkspaces.supported, 'limited');
    assert.equal(manifest.capabilities.virtualWorkspaces.supported, false);
    assert.deepEqual(manifest.extensionKind, ['workspace']);
  });
});
