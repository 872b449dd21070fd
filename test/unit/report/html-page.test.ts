import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { runInNewContext } from 'node:vm';
import { htmlPage, STATE_ELEMENT, type PageContent } from '../../../src/core/report/html-page';

const content: PageContent = {
  title: 'a < b & "c"',
  script:
    'const close = "</script><!-- no comment";\r\nconsole.log(close);\n//# sourceMappingURL=dashboard.js.map\n',
  style: 'body::after { content: "</style>" }\n/*# sourceMappingURL=dashboard.css.map */\n',
  state: { text: '</script><script>alert(1)</script><!--', number: 0.25, list: ['ä', '\u2028'] },
  notes: ['<b>not bold</b>\u202e'],
  plain: {
    ...{ heading: 'net <1>', titles: ['attack', 'a < b', 'interval'], after: 'More & more.' },
    ...{ rows: [['pgd & co', '12.0 %', '9.4–15.1 %']], warnings: ['a <warning>'] },
  },
};

describe('htmlPage', () => {
  const page = htmlPage(content);
  const between = (start: string, end: string): string[] =>
    page
      .split(start)
      .slice(1)
      .map((rest) => rest.slice(0, rest.indexOf(end)));

  it('holds the state as JSON that comes back equal and ends nothing', () => {
    const [json] = between(`<script type="application/json" id="${STATE_ELEMENT}">`, '</script>');
    assert.deepEqual(JSON.parse(json ?? ''), content.state);
    assert.ok(!json?.includes('<'));
  });

  it('names its script and its styles by their hashes, and lets nothing else in', () => {
    const [policy = ''] = between('http-equiv="Content-Security-Policy" content="', '"');
    const directives = new Map(
      policy.split('; ').map((directive): [string, string[]] => {
        const [name = '', ...values] = directive.split(' ');
        return [name, values];
      }),
    );
    assert.deepEqual(directives.get('default-src'), ["'none'"]);
    assert.deepEqual(directives.get('img-src'), ['data:', 'blob:']);
    const hash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    const scripts = between('<script>', '</script>');
    assert.equal(scripts.length, 1);
    assert.deepEqual(directives.get('script-src'), scripts.map(hash));
    const styles = between('<style>', '</style>');
    assert.equal(styles.length, 2);
    for (const style of styles) assert.ok(directives.get('style-src')?.includes(hash(style)));
    assert.ok(!/unsafe|\*/.test(policy));
    assert.ok(page.indexOf('Content-Security-Policy') < page.indexOf('<style>'));
  });

  it('keeps what a script does, and its map at home', () => {
    const [script = ''] = between('<script>', '</script>');
    assert.ok(!page.includes('sourceMappingURL') && !script.includes('<!--') && !script.includes('\r'));
    const logged: string[] = [];
    runInNewContext(script, { console: { log: (text: string) => logged.push(text) } });
    assert.deepEqual(logged, ['</script><!-- no comment']);
  });

  it('asks for nothing from elsewhere', () => {
    assert.ok(!/\s(?:src|href|srcset|action|data)=|url\(|@import|https?:/i.test(page));
  });

  it('is readable without scripts, whatever is in the names', () => {
    const [plain = ''] = between('<noscript>', '</noscript>');
    assert.match(plain, /<h1>net &lt;1&gt;<\/h1>/);
    assert.match(plain, /<td>pgd &amp; co<\/td><td>12\.0 %<\/td>/);
    assert.match(plain, /<li>a &lt;warning&gt;<\/li>/);
    assert.match(page, /<title>a &lt; b &amp; &quot;c&quot;<\/title>/);
    assert.match(page, /<p class="m2at-note">&lt;b&gt;not bold&lt;\/b&gt;\\u202e<\/p>/);
  });
});
