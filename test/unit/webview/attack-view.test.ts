import assert from 'node:assert/strict';
import { withAnalysis } from '../../../src/core/report/analyse-report';
import { wilsonInterval } from '../../../src/core/report/wilson-interval';
import type { AttackReport, RunRecord } from '../../../src/core/records/run-files';
import { withoutKeys } from '../../../src/core/without-keys';
import { announcement } from '../../../webview/sections/summary/announcement';
import { normText, normTick } from '../../../webview/text/attack-norm';
import { attackProgress } from '../../../webview/state/attack-progress';
import { attackRows } from '../../../webview/sections/attacks/attack-rows';
import { elapsedSeconds, keyNumbers } from '../../../webview/sections/key-numbers/key-numbers';
import { percent } from '../../../webview/text/format';
import { runSettings } from '../../../webview/sections/settings/run-settings';
import { runFacts } from '../../../webview/dashboard/run-facts';
import { progressParts } from '../../../webview/state/run-progress';
import { RunState } from '../../../webview/state/run-state';
import { boundedReport } from '../../../src/core/report/bounded-report';
import { attackRecord, imageCount, madeReport } from '../../support/attack-run';

/** As the product writes it: reports of earlier versions are analysed when they are read. */
function analysed(report: AttackReport): AttackReport {
  return withAnalysis(withoutKeys(report, ['analysis']));
}

function stateOf(report: AttackReport, status: typeof attackRecord.status = 'done'): RunState {
  const state = new RunState();
  const record = { ...attackRecord, status };
  state.apply({
    type: 'state',
    record,
    rows: [],
    report,
    live: true,
    trusted: true,
    checkpoint: false,
    paused: false,
  });
  return state;
}

describe('webview: attack rows', () => {
  const report = madeReport();

  it('lists an ensemble with its members, each from where the one before it left off', () => {
    const rows = attackRows(report);
    assert.deepEqual(
      rows.map(({ kind, title }) => [kind, title]),
      [
        ['clean', 'No attack'],
        ['ensemble', 'autoattack standard linf 8/255'],
        ['member', 'apgd-ce linf 8/255'],
        ['member', 'square linf 8/255'],
        ['attack', 'deepfool l2'],
        ['worst', 'Worst case'],
      ],
    );
    const [clean, ensemble, first, second] = rows;
    assert.equal(first?.before, clean?.accuracy);
    assert.equal(second?.before, first?.accuracy);
    assert.equal(second?.accuracy, ensemble?.accuracy);
    assert.equal(ensemble?.seconds, 4);
    // 25 were right, 15 of them have an even index; of the other 10 the second one breaks 1 and 19.
    assert.match(first?.note ?? '', /15 of 25 attacked images fooled$/);
    assert.match(second?.note ?? '', /2 of 10 attacked images fooled$/);
  });

  it('says how many examples survive rounding to 8 bits, where there are any', () => {
    const counted = (of: number) => ({
      ...report,
      attacks: report.attacks.map((attack) => ({ ...attack, survivesRounding: { count: of - 1, of } })),
    });
    assert.match(attackRows(counted(15))[2]?.note ?? '', / · 14 of 15 examples still adversarial in 8 bits$/);
    assert.doesNotMatch(attackRows(counted(0))[2]?.note ?? '', /8 bits/);
  });

  it('has the 95 % interval of every accuracy, and tells it on hover', () => {
    for (const { accuracy, interval, title } of attackRows(report)) {
      assert.deepEqual(interval, wilsonInterval(accuracy ?? NaN, imageCount), title);
    }
    const hints = keyNumbers(stateOf(report), 0).map(({ hint }) => hint);
    assert.deepEqual(hints, [
      '95\u202f% interval 66.4–92.7\u202f%, of 30 images',
      '95\u202f% interval 14.2–44.4\u202f%, of 30 images',
      '95\u202f% interval 14.2–44.4\u202f%',
      undefined,
      undefined,
    ]);
  });

  it('leaves out attacks that draw a curve, and says where the norm has no limit', () => {
    const rows = attackRows(report);
    assert.ok(!rows.some(({ title }) => title.startsWith('fgsm')));
    assert.match(
      rows.at(-2)?.note ?? '',
      /25 of 25 attacked images fooled · median L2 norm 0\.\d+, no limit$/,
    );
    assert.match(rows.at(-1)?.note ?? '', /every attack with a limit/);
    assert.equal(rows.at(-1)?.accuracy, rows[1]?.accuracy, 'what the ensemble left');
  });

  it('counts all images, also where a page lists only the first ones', () => {
    const notes = attackRows(report).map(({ note }) => note);
    const { report: bounded } = boundedReport(report, 8);
    assert.equal(bounded.attacks[0]?.images.length, 2);
    assert.deepEqual(
      attackRows(bounded).map(({ note }) => note),
      notes,
    );
    const earlier = structuredClone(report);
    delete earlier.analysis?.attacks;
    const stored = attackRows(earlier);
    assert.deepEqual(
      stored.map(({ note }) => note),
      notes,
      'a report of an earlier version is counted',
    );
  });

  it('shows the worst case of a single attack where smaller epsilons of its curve broke more', () => {
    const curve = report.attacks.find(({ title }) => title.startsWith('fgsm'));
    const [first] = report.attacks;
    const [group] = report.groups ?? [];
    assert.ok(curve && first && group);
    const attacks = [first, curve].map((one, n) => ({ ...one, group: n }));
    const groups = [
      { ...group, ensemble: false },
      { ...group, title: 'fgsm linf', epsilons: [2 / 255] },
    ];
    const lowered = { ...report, attacks, groups };
    const alone = attacks[0]?.robustAccuracy ?? 0;
    const rows = attackRows({ ...lowered, robustAccuracy: alone - 0.1 });
    assert.deepEqual([rows.at(-1)?.kind, rows.at(-1)?.accuracy], ['worst', alone - 0.1]);
    assert.match(rows.at(-1)?.note ?? '', /smaller epsilons of the curve/);
    assert.notEqual(attackRows({ ...lowered, robustAccuracy: alone }).at(-1)?.kind, 'worst');
  });

  it('shows reports of the first versions, without groups', () => {
    const single = { ...report, attacks: report.attacks.map((attack) => ({ ...attack })) };
    delete single.groups;
    delete single.analysis;
    for (const attack of single.attacks) delete attack.group;
    assert.deepEqual(
      attackRows(single).map(({ kind }) => kind),
      ['clean', 'attack', 'attack', 'attack', 'attack', 'worst'],
    );
  });
});

describe('webview: attack progress', () => {
  const whole = madeReport();
  const progress = (index: number, done: number, detail: string) =>
    ({
      phase: 'attack',
      done,
      total: imageCount,
      unit: 'images',
      pass: { index, count: 5 },
      secondsLeft: 12,
      detail,
    }) as const;

  it('finds the attack that runs in the report, and how far it has come', () => {
    const [first, second] = whole.attacks;
    assert.ok(first && second);
    const report = { ...whole, attacks: [first, { ...second, images: second.images.slice(0, 10) }] };
    const state = stateOf(report, 'running');
    state.apply({ type: 'progress', progress: progress(2, 16, second.title) });
    assert.deepEqual(attackProgress(state), {
      place: 1,
      places: 4,
      title: second.title,
      done: 16,
      total: imageCount,
      secondsLeft: 12,
    });
    assert.deepEqual(progressParts(state), [
      `Attack 2 of 4: ${second.title}`,
      '16 of 30 images',
      '12 s left',
    ]);
    const row = attackRows(report, attackProgress(state)).find(({ running }) => running);
    assert.deepEqual([row?.title, row?.running], [second.title, { done: 16, total: imageCount }]);
  });

  it('shows an attack that has no result yet', () => {
    const report = { ...whole, attacks: whole.attacks.slice(0, 1) };
    const state = stateOf(report, 'running');
    state.apply({ type: 'progress', progress: progress(2, 0, 'square linf 8/255') });
    const row = attackRows(report, attackProgress(state)).find(({ running }) => running);
    assert.deepEqual([row?.title, row?.accuracy], ['square linf 8/255', undefined]);
  });

  it('counts the images of the attack that it names, also where the report is behind', () => {
    const [first] = whole.attacks;
    assert.ok(first);
    const behind = { ...whole, count: 10, attacks: [{ ...first, images: first.images.slice(0, 10) }] };
    const report = analysed(behind);
    const state = stateOf(report, 'running');
    state.apply({ type: 'progress', progress: progress(2, 16, 'square linf 8/255') });
    assert.deepEqual(progressParts(state).slice(0, 2), [
      'Attack 2 of 4: square linf 8/255',
      '16 of 30 images',
    ]);
    const rows = attackRows(report, attackProgress(state));
    assert.deepEqual(
      rows.map(({ title, running, images }) => [title, running?.done, images]),
      [
        ['No attack', undefined, 10],
        ['autoattack standard linf 8/255', undefined, 10],
        [first.title, undefined, 10],
        ['square linf 8/255', 16, undefined],
      ],
    );
  });

  it('counts the images of one pass, before the first attack and when all are through', () => {
    const state = stateOf({ ...whole, attacks: [] }, 'running');
    state.apply({ type: 'progress', progress: progress(0, 12, 'clean images') });
    assert.deepEqual(progressParts(state).slice(0, 2), ['Clean images', '12 of 30 images']);
    const through = stateOf(whole, 'running');
    through.apply({ type: 'progress', progress: progress(4, imageCount, 'fgsm linf 2/255') });
    assert.equal(progressParts(through)[1], '30 of 30 images', 'not 150 of 150');
  });

  it('follows the report of a run of another process', () => {
    const [first] = whole.attacks;
    assert.ok(first);
    const report = { ...whole, attacks: [{ ...first, images: first.images.slice(0, 10) }] };
    assert.deepEqual(progressParts(stateOf(report, 'running')), [
      `Attack: ${first.title}`,
      '10 of 30 images',
    ]);
  });

  it('says of how many images the accuracy is that goes on while others are through', () => {
    const [first, second] = whole.attacks;
    assert.ok(first && second);
    const report = {
      ...whole,
      count: 10,
      attacks: [first, { ...second, images: second.images.slice(0, 10) }],
    };
    const rows = attackRows(analysed(report));
    assert.match(rows[2]?.note ?? '', / · accuracy of 30 images · /);
    assert.doesNotMatch(rows[3]?.note ?? '', /accuracy of/);
  });

  it('is silent when nothing runs', () => {
    assert.equal(attackProgress(stateOf(whole)), undefined);
    const state = stateOf(whole, 'running');
    state.apply({ type: 'progress', progress: { phase: 'compile', done: 0, total: 0, unit: 'steps' } });
    assert.equal(attackProgress(state), undefined);
  });
});

describe('webview: attack numbers and facts', () => {
  it('has a number for each thing that was asked for; for an attack without a limit the norm it took', () => {
    const numbers = keyNumbers(stateOf(madeReport()), Date.parse('2026-01-03T00:00:00Z'));
    assert.deepEqual(
      numbers.map(({ label }) => label),
      ['Clean accuracy', 'Robust accuracy', 'autoattack standard linf 8/255', 'deepfool l2', 'Elapsed'],
    );
    assert.equal(numbers[1]?.note, 'under autoattack standard linf 8/255');
    assert.equal(numbers[3]?.note, 'median L2 norm that fools');
    assert.equal(numbers[3].value, '0.8');
    assert.equal(numbers[4]?.value, '0:08', 'the seconds of its attacks');
  });

  it('does not count the pause of an attack that was resumed', () => {
    const day = 86_400_000;
    const stopped = Date.parse('2026-01-02T03:05:05.000Z');
    const state = stateOf(madeReport(), 'stopped');
    assert.equal(elapsedSeconds(state, stopped), 8);
    const record = (status: typeof attackRecord.status, endedAt?: string): RunRecord => ({
      ...withoutKeys(attackRecord, ['endedAt']),
      status,
      ...(endedAt === undefined ? {} : { endedAt }),
    });
    const resumed = stopped + day;
    state.apply({ type: 'record', record: record('preparing') }, resumed);
    assert.equal(elapsedSeconds(state, resumed + 3000), 11);
    const report = madeReport();
    const attacks = report.attacks.map((attack) => ({ ...attack, seconds: attack.seconds + 1 }));
    state.apply({ type: 'report', report: { ...report, attacks } }, resumed + 5000);
    state.apply({ type: 'record', record: record('running') }, resumed + 6000);
    assert.equal(elapsedSeconds(state, resumed + 7000), 14);
    const done = record('done', new Date(resumed + 9000).toISOString());
    state.apply({ type: 'record', record: done }, resumed + 9000);
    assert.equal(elapsedSeconds(state, resumed + 2 * day), 12);
  });

  it('says nothing of robustness before the first attack', () => {
    const report = { ...madeReport(), attacks: [], groups: [] };
    const [clean, robust, ...others] = keyNumbers(stateOf(report, 'running'), 0);
    assert.deepEqual([clean?.value, robust?.value, robust?.note], ['83.3\u202f%', '–', 'no result yet']);
    assert.deepEqual(
      others.map(({ id }) => id),
      ['elapsed'],
    );
    const failed = keyNumbers(stateOf(report, 'failed'), 0)[1];
    assert.equal(failed?.note, 'no result: the run failed');
    assert.match(announcement(stateOf(report)), /Clean accuracy [^,]*\.$/);
  });

  it('speaks when an attack is through, and not of numbers that still change', () => {
    const whole = madeReport();
    const [first, second] = whole.attacks;
    assert.ok(first && second);
    const said = [5, 10, imageCount].map((count) => {
      const part = { ...second, robustAccuracy: count / 100, images: second.images.slice(0, count) };
      const attacks = [first, part];
      return announcement(
        stateOf(
          { ...whole, count, robustAccuracy: count / 100, cleanAccuracy: 1 / count, attacks },
          'running',
        ),
      );
    });
    const firstSaid = `${first.title}: robust accuracy ${percent(first.robustAccuracy)}.`;
    assert.deepEqual(said, [firstSaid, firstSaid, `${second.title}: robust accuracy ${percent(0.3)}.`]);
    const begun = { ...whole, count: 5, attacks: [{ ...first, images: first.images.slice(0, 5) }] };
    assert.equal(announcement(stateOf(begun, 'running')), '');
    assert.match(announcement(stateOf(whole, 'stopping')), /^three classes: stopping\. deepfool l2: robust/);
    assert.match(
      announcement(stateOf(whole)),
      /^three classes: done\. deepfool l2: .*\. Clean accuracy [^,]*, robust accuracy [^,]*\.$/,
    );
  });

  it('says what the run is about in a line', () => {
    assert.deepEqual(runFacts(stateOf(madeReport())), [
      'Attack',
      'three/model.json',
      'TF.js layers model',
      'cifar10',
      'seed 7',
      'onnx-cpu',
    ]);
  });

  it('states every parameter of every attack, and what else the numbers depend on', () => {
    const input = { height: 6, width: 6, channels: 3, layout: 'NHWC', mean: [0.5, 0.5, 0.5] } as const;
    const origins = { layout: 'graph', mean: 'sidecar' } as const;
    const report = { ...madeReport(), input: { ...input, mean: [...input.mean], origins } };
    const tables = runSettings(attackRecord, report);
    const value = (title: string, name: string) =>
      tables.find((table) => table.title === title)?.facts.find((fact) => fact.name === name)?.value;
    assert.equal(value('Images', 'Seed'), '7');
    assert.equal(value('Images', 'Batch size'), '16');
    assert.equal(value('Model', 'Input: mean'), '0.5 0.5 0.5 (by the sidecar)');
    assert.equal(value('Model', 'Input: layout'), 'NHWC (recognised in the graph)');
    assert.equal(value('Model', 'Input: size'), '6 x 6 pixels', 'of an earlier version');
    assert.equal(value('Device and versions', 'm2at'), '0.0.1');
    for (const { title, parameters } of report.attacks) {
      const shown = tables.find((table) => table.title === title)?.facts ?? [];
      // Its parameters, and how long it took.
      assert.equal(shown.length, Object.keys(parameters).length + 1, title);
    }
    assert.equal(value('apgd-ce linf 8/255', 'epsilon'), '8/255');
    assert.equal(value('square linf 8/255', 'initial share'), '0.8');
    assert.equal(value('square linf 8/255', 'rescale schedule'), 'no');
  });

  it('writes norms as their size is counted', () => {
    assert.equal(normText('linf', 8 / 255), '8/255');
    assert.equal(normText('linf', 0.02024), '5.16/255');
    assert.equal(normText('linf', 1e-6), '<0.01/255');
    assert.equal(normText('l2', 0.80449), '0.804');
    assert.equal(normText('l0', 1200), '1,200');
    assert.equal(normText(undefined, undefined), '–');
    assert.equal(normTick('l2', 1.1871), '1.19');
    assert.equal(normTick('linf', 0), '0/255');
  });
});
