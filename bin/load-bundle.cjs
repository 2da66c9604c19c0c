// Loads dist/bundle/main.cjs for bin/virtbs, with the code that V8 made of it in an earlier run, where there is one that fits: a
// command then needs up to a third less processor time. What V8 made is kept in ~/.cache/virtbs, for each build and version of Node.
'use strict';

const { constants, closeSync, fstatSync, lstatSync, mkdirSync, openSync, readFileSync } = require('fs');
const { readdirSync, renameSync, rmSync, statSync, writeFileSync } = require('fs');
const { createRequire } = require('module');
const { homedir } = require('os');
const { dirname, isAbsolute, join } = require('path');
const { cachedDataVersionTag } = require('v8');
const { Script } = require('vm');
const { crc32 } = require('zlib');

/** What each run compiles is added, until there were so many different commands. */
const MOST_WORDS = 64;
/** So many kept files: builds, versions of Node and options of V8 that take turns. */
const MOST_FILES = 8;
/** Milliseconds after which a file that was never finished is nobody's any more. */
const LEFT_BEHIND = 3600000;

/** The bundle's exports, and `keep`, to be called when the command is done. */
function loadBundle(file, argv) {
  // Outside of ASCII there are comments only, and a string of bytes is made and looked through much faster.
  const source = readFileSync(file, 'latin1');
  const place = cachePlace(source);
  const kept = place === null ? null : readKept(join(place.folder, place.name));
  const script = new Script(source, { filename: file, ...(kept ? { cachedData: kept.code } : {}) });
  const loaded = { exports: {} };
  script.runInThisContext()(loaded.exports, createRequire(file), loaded, file, dirname(file));
  return { exports: loaded.exports, keep };

  function keep() {
    const word = argv.find((each) => /^[a-z][a-z-]{1,19}$/.test(each)) ?? '';
    const words = kept && !script.cachedDataRejected ? kept.words : [];
    if (place === null || words.includes(word) || words.length >= MOST_WORDS) return;
    try {
      writeKept(place, [...words, word], script.createCachedData());
    } catch {
      // a full disk, a home that cannot be written: the next run is as fast as this one
    }
  }
}

/**
 * Where the code is kept: a file in a folder of one's own, which is below `base`. Null where nothing is to be kept: by a build without an
 * identity, or by the wish of who looks at coverage or has switched off Node's own cache.
 */
function cachePlace(source) {
  const build = /^\/\/ build ([0-9a-f]{32})\n/.exec(source.slice(0, 100));
  const { NODE_DISABLE_COMPILE_CACHE, NODE_V8_COVERAGE, XDG_CACHE_HOME } = process.env;
  if (!build || NODE_DISABLE_COMPILE_CACHE || NODE_V8_COVERAGE || typeof process.geteuid !== 'function') return null;
  const isGiven = XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME);
  const base = isGiven ? XDG_CACHE_HOME : home();
  if (base === null) return null;
  const below = isGiven ? ['virtbs'] : ['.cache', 'virtbs'];
  // V8's own tag tells its version, the processor and its options.
  const name = `code-${process.version}-${process.arch}-${cachedDataVersionTag()}-${build[1]}`;
  return { base, below, folder: join(base, ...below), name };
}

/** Null where nobody says which it is: a user can be in no list. */
function home() {
  try {
    return isAbsolute(homedir()) ? homedir() : null;
  } catch {
    return null;
  }
}

/** A file has a line with a check sum and the words of the commands it was made by, then the code. Only one's own is trusted. */
function readKept(path) {
  let file;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { uid, mode } = fstatSync(file);
    if (uid !== process.geteuid() || (mode & constants.S_IFMT) !== constants.S_IFREG || (mode & 0o022) !== 0)
      return null;
    const bytes = readFileSync(file);
    const end = bytes.indexOf('\n');
    const [sum, ...words] = bytes.toString('latin1', 0, end).split(' ');
    const code = bytes.subarray(end + 1);
    return end > 0 && Number(sum) === crc32(code) ? { words, code } : null;
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function writeKept({ base, below, folder, name }, words, code) {
  if (!makeFolders(base, below)) return;
  const unfinished = join(folder, `new-${process.pid}-${Math.random().toString(36).slice(2)}`);
  try {
    const head = `${[crc32(code), ...words].join(' ')}\n`;
    writeFileSync(unfinished, Buffer.concat([Buffer.from(head), code]), { mode: 0o600, flag: 'wx' });
    renameSync(unfinished, join(folder, name));
  } finally {
    rmSync(unfinished, { force: true });
  }
  tidy(folder);
}

/** Returns false where a folder is somebody else's, or leads to one: sudo can leave us in another's home. */
function makeFolders(base, below) {
  const own = process.geteuid();
  if (statSync(base).uid !== own) return false;
  let path = base;
  for (const each of below) {
    path = join(path, each);
    try {
      mkdirSync(path, 0o700);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (lstatSync(path).uid !== own || statSync(path).uid !== own) return false;
  }
  return true;
}

/** Removes the oldest of our files, and what was never finished. */
function tidy(folder) {
  const names = readdirSync(folder);
  const age = (name) => Date.now() - statSync(join(folder, name)).mtimeMs;
  const kept = names.filter((name) => /^code-v[\w.+-]+-[0-9a-f]{32}$/.test(name));
  const old = kept.sort((one, other) => age(one) - age(other)).slice(MOST_FILES);
  const left = names.filter((name) => /^new-\d+-\w+$/.test(name) && age(name) > LEFT_BEHIND);
  for (const name of [...old, ...left]) rmSync(join(folder, name), { force: true });
}

module.exports = { loadBundle };
