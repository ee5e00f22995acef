// Where the programs lie that others bring: the folders of the search path. CommonJS, as each start asks.
const { accessSync, constants } = require('node:fs');

const ADMIN_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Debian keeps tcpdump's neighbours in folders that are not on an ordinary user's PATH. */
function completePath(env = process.env) {
  const folders = (env.PATH ?? '').split(':').filter((folder) => folder !== '');
  env.PATH = [...folders, ...ADMIN_FOLDERS.filter((folder) => !folders.includes(folder))].join(':');
}

/** Full path of the program that `name` runs, or null. */
function findProgram(name, searchPath = process.env.PATH ?? '') {
  for (const folder of searchPath.split(':')) {
    if (folder === '') continue;
    const file = `${folder}/${name}`;
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder; the next one may have it.
    }
  }
  return null;
}

module.exports = { completePath, findProgram };
