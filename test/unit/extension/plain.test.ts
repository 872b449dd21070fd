import assert from 'node:assert/strict';
import {
  LONGEST,
  oneLine,
  plain,
  plainDetail,
  plainLines,
  plainMarkdown,
} from '../../../src/extension/show/plain';

/** As VS Code 1.100 finds links in notifications, prompts and validation messages (`linkedText`). */
const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;
/** As it finds icons in labels (`renderLabelWithIcons`). */
const icon = /\$\([A-Za-z0-9-]+(?:~[A-Za-z]+)?\)/;

const hostile = [
  '[x](command:workbench.action.terminal.new)',
  '[a b](COMMAND:x "title")',
  '![pixel](https://example.com/p.png)',
  '[[x](command:y)](command:z)',
  '[x][](command:y)',
  '[x\\](command:y)',
  '[x](<command:y>)',
  '[x](file:///etc/passwd)',
  '$(zap)',
  '\\$(sync~spin)',
  '$$(zap)$(zap)',
  'a\n[x](command:y)',
  '[x]\u200b(command:y)',
  '[x]\n(command:y)',
  '\u202e)y:dnammoc(]x[',
  '\x1b[31mred\x1b]8;;command:y\x07x\x1b]8;;\x07',
  `${'a'.repeat(LONGEST - 3)}[x](command:y)`,
];

describe('plain text', () => {
  it('leaves ordinary names, paths and prose as they are', () => {
    for (const text of [
      '',
      'run_1.final [best] (2 of 3)',
      'C:\\runs\\a[1]\\(2).json',
      '/home/ä ö/$HOME/${x}/model.json',
      'pgd-20 linf 8/255, 45 % done · clean 60.0 %',
      '*Not* Markdown, <b>not</b> HTML, `code`, ~user, #1, a@b, x | y',
      'https://example.com/[a]?b=(c)',
      '日本語 🙂',
    ]) {
      assert.equal(plain(text), text);
    }
  });

  it('keeps what looks like a link readable', () => {
    assert.equal(plain('C:\\runs\\a[1](2).json'), 'C:\\runs\\a[1] (2).json');
    assert.equal(plain('sweep $(date)'), 'sweep $ (date)');
  });

  for (const text of hostile) {
    it(`disarms ${JSON.stringify(text.slice(-60))}`, () => {
      const shown = plain(text);
      assert.doesNotMatch(shown, link);
      assert.doesNotMatch(shown, icon);
      assert.doesNotMatch(shown, /\]\(|\$\(|[\p{Cc}\p{Bidi_Control}]/u);
      assert.ok(shown.length <= LONGEST);
      assert.equal(plain(shown), shown, 'twice is once');
      // Whatever it is joined with by a message around it, which is made plain as a whole.
      for (const other of hostile) assert.doesNotMatch(plain(`${shown}${other}${shown}`), link);
    });
  }

  it('leaves no address whole where tooltips are Markdown', () => {
    const text = 'HTTPS://a.example/x, xhttp://b, ftp://c, www.d.example, e@f.example, C:\\a@b//c, file.www';
    const detail =
      'HTTPS: //a.example/x, xhttp: //b, ftp: //c, www. d.example, e @f.example, C:\\a@b//c, file.www';
    assert.equal(plainDetail(text), detail);
    assert.equal(plainDetail(detail), detail);
    assert.equal(plainDetail('[x](command:y) $(zap)'), plain('[x](command:y) $(zap)'));
    assert.equal(plainDetail('https://'.repeat(LONGEST)).length, LONGEST);
  });

  it('says what can not be seen', () => {
    assert.equal(plain('a\nb\r\tc\x1b[0m\u202ed'), 'a\\nb\\r\\tc\\x1b[0m\\u202ed');
  });

  it('cuts long texts, and no character in two', () => {
    assert.equal(plain('x'.repeat(LONGEST)).length, LONGEST);
    assert.equal(plain('x'.repeat(10 ** 6)), `${'x'.repeat(LONGEST - 1)}…`);
    const smile = plain('🙂'.repeat(LONGEST));
    assert.equal(smile, `${'🙂'.repeat((LONGEST - 2) / 2)}…`);
    assert.equal(plain('\x1b'.repeat(10 ** 6)).length, LONGEST);
  });

  it('keeps the lines that its caller makes, and no others', () => {
    assert.equal(plainLines(['a\nb', '', undefined, '[x](command:y)']), 'a\\nb\n[x] (command:y)');
    assert.equal(oneLine('what\n  what to do\n'), 'what what to do ');
  });

  it('is shown by Markdown letter by letter', () => {
    assert.equal(plainMarkdown('a_b [x](y)'), 'a\\_b \\[x\\] \\(y\\)');
    // Every character that means anything to Markdown is escaped, bare addresses end at theirs.
    for (const text of [
      ...hostile,
      '<a href="command:x">',
      'https://example.com',
      'www.example.com',
      '&lt;',
    ]) {
      const unescaped = plainMarkdown(text).replace(/\\[!-/:-@[-`{-~]/g, '');
      assert.doesNotMatch(unescaped, /[!-/:-@[-`{-~]/);
    }
  });
});
