// Vitest's JSON result as people and CI read it: the plain closing line, what was left out, and which files took longest.

/**
 * Counts and the names of skipped tests. A test file that could not even be loaded counts as one failed test, and so does
 * whatever else made the run fail without a failed test.
 */
export function summarize(result) {
  const counts = { passed: 0, failed: 0, skipped: [] };
  for (const file of result.testResults ?? []) {
    const failedBefore = counts.failed;
    for (const test of file.assertionResults ?? []) {
      if (test.status === 'passed') counts.passed += 1;
      else if (test.status === 'failed') counts.failed += 1;
      else counts.skipped.push(test.fullName);
    }
    if (file.status === 'failed' && counts.failed === failedBefore) counts.failed += 1;
  }
  if (result.success === false && counts.failed === 0) counts.failed = 1;
  return counts;
}

export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
}

/** The test files that took longest, longest first, in seconds; none below one. */
export function slowest(result, most = 12) {
  return (result.testResults ?? [])
    .map(({ endTime, name, startTime }) => ({ name, seconds: Math.round((endTime - startTime) / 1000) }))
    .filter(({ seconds }) => seconds >= 1)
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, most);
}
