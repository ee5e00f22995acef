// English: what makes the sensor see less than it could, and can be mended.

export const warnings = {
  offloads: 'The port {port} merges segments ({offloads}): under load frames get lost.',
  offloadsFix: '{command}, or set capture.fix_offloads',
  sourceSilent: { other: 'Nothing has come from {source} for {n} seconds.' },
  sourceSilentFix:
    'See whether the router still captures there; the sensor starts it again by itself after three minutes.',
  sourceBehind: "The clock of {source} is {time} behind this sensor's: its frames count from their arrival.",
  sourceAhead: "The clock of {source} is {time} ahead of this sensor's: its frames count from their arrival.",
  sourceClockFix: 'Let both set their clocks by the network (NTP).',
  descriptors:
    'This process has no file descriptors left: it cannot take new connections, open pages or start its capture again.',
  descriptorsFix: 'Raise its limit (LimitNOFILE= of the service, or "prlimit --nofile"), or start it again.',
  staysRoot: 'The sensor stays root: {problem}.',
  staysRootFix: 'Let that user reach it, or name another user with run_as (root to stay root without this warning).',
  notesUnread: '{path} ({key}) cannot be read; its notes are not used.',
  fileGone: '{path} ({key}) has gone; what was read of it at the start is still used.',
  notesLate: '{path} ({key}) can be read now, but was not there at the start; its notes are not used yet.',
  startAgain: 'Start the sensor again.',
  putNotesBack: 'Put it back, or take it out of notes.dirs.',
  putFileBack: 'Put it back before the next start, or change {key}.',
} as const;
