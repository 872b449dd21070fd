/** Starts each console line that is part of the test report, so that the runner shows those and no others. */
export const reportMark = '\u2063m2at-test\u2063';
