import type { RunRecord } from '../records/run-record';

/** Digits of a commit that people are shown. */
const SHORT = 8;

/** `1a2b3c4d + changes on main`; undefined where a run was under no version control. */
export function commitText({ git }: Pick<RunRecord, 'git'>): string | undefined {
  if (!git) return undefined;
  const changes = git.dirty ? ' + changes' : '';
  return `${git.commit.slice(0, SHORT)}${changes}${git.branch === undefined ? '' : ` on ${git.branch}`}`;
}
