import assert from 'node:assert/strict';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runDirectory } from '../../../src/core/runs/run-store';
import { openFreshPage } from '../../../src/extension/commands/fresh-page';
import { attackRecord, writeAttackRun } from '../../support/attack-run';
import { temporaryRoot } from '../training/tiny-task';

const HOSTILE = '<script>location = "https://example.com"</script>';

describe('openFreshPage', () => {
  let root: string;
  let bundle: string;
  let page: string;
  const { id } = attackRecord;
  let opened: string[];
  const open = async (file: string): Promise<boolean> => {
    opened.push(await readFile(file, 'utf8'));
    return true;
  };

  beforeEach(async () => {
    opened = [];
    root = await temporaryRoot();
    bundle = path.join(root, 'webview');
    await mkdir(bundle);
    await writeFile(path.join(bundle, 'dashboard.js'), 'console.log("dashboard")');
    await writeFile(path.join(bundle, 'dashboard.css'), 'body { margin: 0 }');
    await writeAttackRun(root);
    page = path.join(runDirectory(root, id), 'report.html');
  });
  afterEach(() => rm(root, { recursive: true }));

  it('opens what it has made from the report, never the page that was found', async () => {
    await writeFile(page, HOSTILE);
    assert.deepEqual(await openFreshPage({ root, id, bundle }, open), { file: page, opened: true });
    assert.equal(opened.length, 1);
    assert.match(opened[0] ?? '', /Content-Security-Policy/);
    assert.doesNotMatch(opened[0] ?? '', /example\.com/);
  });

  it('opens nothing through a link, and leaves alone what it leads to', async function () {
    const target = path.join(root, 'elsewhere.html');
    await writeFile(target, HOSTILE);
    await symlink(target, page).catch(() => {
      this.skip();
    });
    await assert.rejects(openFreshPage({ root, id, bundle }, open), /is a link/);
    assert.deepEqual(opened, []);
    assert.equal(await readFile(target, 'utf8'), HOSTILE);
  });

  it('opens nothing when the page can not be made', async () => {
    await writeFile(page, HOSTILE);
    await writeFile(path.join(runDirectory(root, id), 'report.json'), '{"version":1}');
    await assert.rejects(openFreshPage({ root, id, bundle }, open));
    await rm(path.join(runDirectory(root, id), 'report.json'));
    await assert.rejects(openFreshPage({ root, id, bundle }, open), /has no report/);
    assert.deepEqual(opened, []);
  });

  it('says when no program took it', async () => {
    const { opened: taken } = await openFreshPage({ root, id, bundle }, () => Promise.resolve(false));
    assert.equal(taken, false);
  });
});
