// Whether a start has nothing to set up, by a look at dates alone: nothing that set-up goes by was touched since a start that found
// all in order. That one has made sure by contents (set-up.mjs). CommonJS, which Node loads sooner than an ES module.
const { readFileSync, statSync, writeFileSync } = require('node:fs');
const { dirname } = require('node:path');
const { findProgram } = require('./search-path.cjs');

const checkout = dirname(dirname(__dirname));
const thisNode = () => `${process.version} ${process.platform} ${process.arch}`;
const memoryFile = (folder) => `${folder}/dist/untouched.json`;

/**
 * What changes with every write to a file, whatever date a tool gives it: the kernel sets the time of the last change of the inode
 * itself. That of a folder changes when something in it appears, goes or is renamed. In front of it the place itself. Paths are put
 * together as texts: for a thousand of them `path.join` takes a start 5 ms more.
 */
function dateOf(folder, place) {
  const { ctimeMs, ino, mtimeMs, size } = statSync(`${folder}/${place}`);
  return `${place}\0${size} ${mtimeMs} ${ctimeMs} ${ino}`;
}

/** Whether `remember` was told of all as it is now. */
function isUntouched(folder = checkout) {
  try {
    const { dates, node, programs } = JSON.parse(readFileSync(memoryFile(folder), 'utf8'));
    return (
      node === thisNode() &&
      programs.every((name) => findProgram(name) !== null) &&
      dates.every((date) => date === dateOf(folder, date.slice(0, date.indexOf('\0'))))
    );
  } catch {
    // There is no memory, or something is gone.
    return false;
  }
}

/**
 * Keeps for later starts that set-up had nothing to do.
 * @param dates of all that it goes by, from `dateOf`, taken before it looked
 * @param programs the names of those that it looked for
 */
function remember(dates, programs, folder = checkout) {
  try {
    writeFileSync(memoryFile(folder), JSON.stringify({ node: thisNode(), programs, dates }));
  } catch {
    // A checkout that this account may only read works as well; it is looked at again next time.
  }
}

module.exports = { dateOf, isUntouched, remember };
