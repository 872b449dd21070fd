import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { RunsWatch } from '../../../src/extension/runs/runs-watch';

describe('RunsWatch', () => {
  let root = '';
  let runs = '';
  let watch: RunsWatch;
  let news: EventEmitter;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), 'm2at-watch-'));
    runs = path.join(root, '.m2at', 'runs');
    news = new EventEmitter();
    watch = new RunsWatch(root, (id) => news.emit(id ?? 'any'));
  });
  afterEach(async () => {
    watch.dispose();
    await rm(root, { recursive: true, force: true });
  });

  it('tells of the first run, whose folders are made all at once', async () => {
    const any = once(news, 'any');
    await mkdir(path.join(runs, 'a'), { recursive: true });
    await any;
    // From here on the folder of runs itself is watched.
    const b = once(news, 'b');
    await mkdir(path.join(runs, 'b'));
    await b;
  });

  it('tells of changes in the runs that it follows, also when a folder was made anew', async () => {
    const any = once(news, 'any');
    await mkdir(path.join(runs, 'a'), { recursive: true });
    await any;
    watch.follow(new Set(['a']));
    const written = once(news, 'a');
    await writeFile(path.join(runs, 'a', 'run.json'), '{}');
    await written;

    const b = once(news, 'b');
    await rm(path.join(runs, 'a'), { recursive: true });
    await mkdir(path.join(runs, 'a'));
    await mkdir(path.join(runs, 'b'));
    await b;
    const again = once(news, 'a');
    await writeFile(path.join(runs, 'a', 'metrics.jsonl'), 'x');
    await again;
  });

  it('puts up with a root that is not there', () => {
    new RunsWatch(path.join(root, 'none'), () => undefined).dispose();
  });
});
